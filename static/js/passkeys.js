// Passkeys. A form with data-passkey="create" or "get" asks the browser for a passkey when it is sent; the answer
// goes along in its field "credential". The options come from data-options, the id of a JSON script, or from
// data-options-url, which is asked then. What went wrong is told in the form's [data-passkey-error].
const REASONS = {
  NotAllowedError: "Nothing was done: it was cancelled, or it took too long. Try again.",
  InvalidStateError: "This device has a passkey for this account already.",
  SecurityError: "Passkeys work only over https.",
};

const read = async ({ options, optionsUrl }) => {
  if (!optionsUrl) return JSON.parse(document.getElementById(options).textContent);
  const answer = await fetch(optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status === 429 ? "Too many tries. Wait a minute." : "");
  return answer.json();
};

const create = (publicKey) => {
  // One that the device finds by itself and opens only for its owner: nothing else has to be typed then.
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
};

const get = (publicKey) =>
  navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });

const ask = async (form) => {
  const { creation_options: creation, request_options: request } = await read(form.dataset);
  const credential = await (form.dataset.passkey === "create" ? create(creation.publicKey) : get(request.publicKey));
  form.elements.credential.value = JSON.stringify(credential);
};

const start = async (form) => {
  const error = form.querySelector("[data-passkey-error]");
  form.setAttribute("aria-busy", "true");
  error.hidden = true;
  try {
    await ask(form);
    form.submit();
  } catch (problem) {
    error.textContent = REASONS[problem.name] || problem.message || "That did not work. Try again.";
    error.hidden = false;
    form.removeAttribute("aria-busy");
  }
};

const isAble = typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === "function";
document.querySelectorAll("form[data-passkey]").forEach((form) => {
  if (isAble) {
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (!form.hasAttribute("aria-busy")) start(form);
    });
    return;
  }
  form.querySelector("[type=submit]").disabled = true;
  const error = form.querySelector("[data-passkey-error]");
  error.textContent = "This browser can not use passkeys.";
  error.hidden = false;
});
