// The refund dialog says on its button what will go back, and below the field what is left after it.
document.querySelectorAll("form[data-refund][data-currency]").forEach((form) => {
  const { currency, digits, left } = form.dataset;
  const field = form.elements.amount;
  const help = document.getElementById(`${field.id}_helptext`);
  const before = help?.textContent;
  const format = new Intl.NumberFormat("en-GB", {
    style: "currency",
    currency,
    minimumFractionDigits: Number(digits),
    maximumFractionDigits: Number(digits),
  });

  const say = () => {
    // As the server reads it: digits, perhaps with commas between thousands.
    const typed = field.value.trim().replace(/^\d{1,3}(,\d{3})+(?=\.|$)/, (whole) => whole.replaceAll(",", ""));
    const amount = Math.round(Number(typed) * 10 ** Number(digits));
    const fits = typed !== "" && amount > 0 && amount <= Number(left);
    form.querySelector("[data-refund-button]").textContent = fits
      ? `Refund ${format.format(amount / 10 ** Number(digits))}`
      : "Refund";
    if (help)
      help.textContent = fits
        ? `${before} After this, ${format.format((Number(left) - amount) / 10 ** Number(digits))} is left.`
        : before;
  };

  field.addEventListener("input", say);
  say();
});
