// On a narrow screen the navigation of the account is one line that scrolls: it begins with the present part in view.
document.querySelectorAll("[data-show-current]").forEach((nav) => {
  const current = nav.querySelector("[aria-current]");
  if (current) nav.scrollLeft = current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
});
