// Small behaviours of every page, hooked by data- attributes. Every page works without them.

const on = (selector, event, run) =>
  document.addEventListener(event, (e) => {
    const hit = e.target.closest?.(selector);
    if (hit) run(hit, e);
  });

// An id is copied whole; the button says so for a moment.
on("[data-copy]", "click", async (button) => {
  await navigator.clipboard?.writeText(button.dataset.copy);
  button.classList.add("is-copied");
  setTimeout(() => button.classList.remove("is-copied"), 1200);
});

// "/" goes to the search field.
document.addEventListener("keydown", (e) => {
  const typing = e.target.closest("input, textarea, select, [contenteditable]");
  if (e.key !== "/" || typing || e.ctrlKey || e.metaKey || e.altKey) return;
  const field = document.querySelector("[data-slash]");
  if (field) {
    e.preventDefault();
    field.focus();
  }
});

// Two faces of one figure: share and count. Buttons in one group, each names the element it shows.
on("[data-show]", "click", (button) => {
  button.parentElement.querySelectorAll("[data-show]").forEach((other) => {
    const chosen = other === button;
    other.setAttribute("aria-pressed", String(chosen));
    const face = document.getElementById(other.dataset.show);
    if (face) face.hidden = !chosen;
  });
});

// "Use" beside a test card puts its number into the field.
on("[data-fill]", "click", (button) => {
  const field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.fillValue;
  field.focus();
});

// A filter applies as soon as it is chosen. Said of a whole form, or of one of its fields.
on("[data-submit-on-change]", "change", (hit) => (hit.closest("form") ?? hit).requestSubmit());

// A second click does not send a form twice. (The server refuses it too.) Given free again for a form that downloads.
const release = (form) => {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
};
document.addEventListener("submit", (e) => {
  if (e.defaultPrevented || e.target.method !== "post") return;
  if (e.target.dataset.sent) return e.preventDefault();
  e.target.dataset.sent = "true";
  e.target.setAttribute("aria-busy", "true");
  setTimeout(() => release(e.target), 5000);
});
// Back from the next page: the browser may show this one as it was left.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
