// The payment page in Stripe mode: mounts Stripe's Payment Element and confirms the payment with it.
// What is typed there goes from the browser to Stripe; this shop never sees it.

const form = document.querySelector("[data-stripe-pay]");
const box = form.querySelector("[data-stripe-element]");
const loading = form.querySelector("[data-stripe-loading]");
const button = form.querySelector("button");
const problem = form.querySelector("[data-stripe-problem]");
const { key, clientSecret, returnUrl, email, name, country } = form.dataset;
const words = JSON.parse(document.getElementById("stripe-words").textContent);

const NOT_LOADED = "Stripe's payment form could not be loaded. Check your connection, then load this page again.";
const NO_ANSWER = "Stripe did not answer. Check your connection, then try again: nothing is taken twice.";
const SETTLED = ["succeeded", "processing", "requires_capture"];

const say = (text) => {
  problem.hidden = !text;
  problem.querySelector("p").textContent = text;
  if (text) problem.scrollIntoView({ block: "nearest" });
};
const setBusy = (busy) => {
  button.disabled = busy;
  form.setAttribute("aria-busy", busy);
};

// Stripe draws in a frame of its own, which our styles don't reach: it is told the colours as they are now.
const probe = form.appendChild(document.createElement("span"));
probe.hidden = true;
const colour = (token) => {
  probe.style.color = `var(--pl-${token})`;
  const parts = getComputedStyle(probe).color.match(/\d+/g).slice(0, 3);
  return `#${parts.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
};
const appearance = () => {
  const style = getComputedStyle(button);
  return {
    theme: document.documentElement.dataset.bsTheme === "dark" ? "night" : "stripe",
    variables: {
      colorPrimary: colour("brand"),
      colorBackground: colour("surface"),
      colorText: colour("text"),
      colorTextSecondary: colour("muted"),
      colorTextPlaceholder: colour("muted"),
      colorDanger: colour("negative"),
      fontFamily: style.fontFamily,
      fontSizeBase: style.fontSize,
      borderRadius: style.borderRadius,
    },
    rules: {
      ".Input": { border: `1px solid ${colour("border-control")}`, boxShadow: "none" },
      ".Tab": { border: `1px solid ${colour("border-control")}`, boxShadow: "none" },
      ".Label": { fontWeight: "500" },
    },
  };
};

// Stripe takes no empty text for something that is not known.
const known = {
  email: email || undefined,
  name: name || undefined,
  address: { country: country || undefined },
};

const mount = (stripe) => {
  const elements = stripe.elements({ clientSecret, appearance: appearance(), locale: "en-GB" });
  const element = elements.create("payment", {
    layout: "tabs",
    defaultValues: { billingDetails: known },
  });
  element.on("ready", () => setBusy(false));
  element.on("loaderror", () => say(NOT_LOADED));
  loading.remove();
  element.mount(box);
  document.addEventListener("themechange", () => elements.update({ appearance: appearance() }));
  return elements;
};

// Stripe's words for what went wrong, or ours where we have some; what the form itself marks is left to it.
const explain = (error) => {
  if (error.type === "validation_error") return "";
  if (error.type === "api_connection_error") return NO_ANSWER;
  return words[error.decline_code] ?? words[error.code] ?? error.message ?? NO_ANSWER;
};

const pay = async (stripe, elements) => {
  setBusy(true);
  say("");
  // When the payment is taken, this goes to the return page and never comes back.
  const { error } = await stripe
    .confirmPayment({ elements, confirmParams: { return_url: returnUrl } })
    .catch(() => ({ error: { type: "api_connection_error" } }));
  const status = error.payment_intent?.status;
  if (SETTLED.includes(status)) return location.assign(returnUrl); // in another tab, a moment ago
  if (status === "canceled") return location.reload(); // the time was up: the page says so
  say(explain(error));
  setBusy(false);
};

if (window.Stripe) {
  const stripe = window.Stripe(key);
  const elements = mount(stripe);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.disabled) pay(stripe, elements);
  });
} else {
  loading.remove();
  say(NOT_LOADED);
}
