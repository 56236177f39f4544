// What a person sees of a part of the page being fetched: that it is, and when it did not work.
const show = (text) => {
  const place = document.querySelector("[data-notices]") ?? document.querySelector("main");
  const notice = document.createElement("div");
  const line = notice.appendChild(document.createElement("p"));
  notice.className = "notice is-bad";
  notice.setAttribute("role", "alert");
  notice.dataset.requestError = "";
  line.textContent = text;
  place.prepend(notice);
};

// The blank fields of a filter stay out of the address.
document.addEventListener("htmx:configRequest", (e) => {
  if (e.detail.verb !== "get" || !e.target.matches?.("form")) return;
  const { parameters } = e.detail;
  [...parameters.entries()].forEach(([name, value]) => value === "" && parameters.delete(name));
});

document.addEventListener("htmx:beforeRequest", (e) => {
  document.querySelectorAll("[data-request-error]").forEach((notice) => notice.remove());
  e.detail.target?.setAttribute?.("aria-busy", "true");
});
document.addEventListener("htmx:afterRequest", (e) => e.detail.target?.removeAttribute?.("aria-busy"));
document.addEventListener("htmx:responseError", (e) => {
  show(
    `The server answered with an error (${e.detail.xhr.status}). Reload the page; if it stays, tell whoever runs the store.`,
  );
});
document.addEventListener("htmx:sendError", () =>
  show("The server did not answer. Check your connection and try again."),
);
document.addEventListener("htmx:timeout", () => show("The server took too long to answer. Try again."));
