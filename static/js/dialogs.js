// A dialog opens by its link (#refund), so the address can be shared; closing removes the hash.
// Without script the link shows it too (:target).
const openFromHash = () => {
  const dialog = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
};

addEventListener("hashchange", openFromHash);
openFromHash();
// One that comes back with something to correct is open already; now the rest of the page waits behind it.
document.querySelectorAll("dialog[data-open]").forEach((dialog) => {
  dialog.open = false;
  dialog.showModal();
});

document.addEventListener("click", (e) => {
  const button = e.target.closest?.("[data-close]");
  if (!button) return;
  e.preventDefault();
  button.closest("dialog").close();
});

// "close" does not bubble: it is caught on its way down.
document.addEventListener(
  "close",
  (e) => {
    if (e.target.matches?.("dialog") && location.hash === `#${e.target.id}`) {
      history.replaceState(history.state, "", location.pathname + location.search);
    }
  },
  true,
);
