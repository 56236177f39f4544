// A refund's form says what the chosen goods come to, what goes back and what is left after it.
const worth = (net, pieces, quantity) => Math.floor((2 * net * pieces + quantity) / (2 * quantity));

document.querySelectorAll("form[data-refund][data-currency]").forEach((form) => {
  const { currency, digits, left } = form.dataset;
  const unit = 10 ** Number(digits);
  const field = form.elements.amount;
  const help = document.getElementById(`${field.id}_helptext`);
  const before = help?.textContent;
  const rows = [...form.querySelectorAll("tr[data-net]")];
  const all = form.querySelector("[data-refund-all]");
  const format = new Intl.NumberFormat("en-GB", {
    style: "currency",
    currency,
    currencyDisplay: "gbp eur usd jpy".includes(currency) ? "narrowSymbol" : "code", // as the server
    minimumFractionDigits: Number(digits),
    maximumFractionDigits: Number(digits),
  });
  const money = (amount) => format.format(amount / unit);

  const control = (row) => row.querySelector("select, input[type=number], input[name=delivery]");
  const pieces = (row) => {
    const of = control(row);
    if (!of) return 0;
    return of.type === "checkbox" ? Number(of.checked) : Number(of.value);
  };
  const comesTo = (row) => {
    const { net, quantity, gone, goneAmount } = row.dataset;
    const chosen = pieces(row);
    return chosen ? Math.max(worth(Number(net), Number(gone) + chosen, Number(quantity)) - Number(goneAmount), 0) : 0;
  };

  const say = () => {
    // As the server reads it: digits, perhaps with commas between thousands.
    const typed = field.value.trim().replace(/^\d{1,3}(,\d{3})+(?=\.|$)/, (whole) => whole.replaceAll(",", ""));
    const amount = Math.round(Number(typed) * unit);
    const fits = typed !== "" && amount > 0 && amount <= Number(left);
    form.querySelector("[data-refund-button]").textContent = fits ? `Refund ${money(amount)}` : "Refund";
    if (help)
      help.textContent = fits ? `${before} After this, ${money(Number(left) - amount)} is left.` : before;
    const now = form.querySelector("[data-refund-this]");
    if (!now) return;
    now.textContent = fits ? money(amount) : "–";
    form.querySelector("[data-refund-after]").textContent = fits ? money(Number(left) - amount) : "–";
  };

  // Choosing goods writes the amount; what is written by hand afterwards stays until they change again.
  const follow = () => {
    let due = 0;
    for (const row of rows) {
      const amount = comesTo(row);
      due += amount;
      row.querySelector("[data-line-amount]").textContent = amount ? money(amount) : "–";
    }
    return due;
  };

  form.addEventListener("change", (e) => {
    if (!e.target.closest("tr[data-net]") || e.target.name.startsWith("restock-")) return;
    const due = Math.min(follow(), Number(left));
    field.value = due ? (due / unit).toFixed(Number(digits)) : "";
    say();
  });
  all?.addEventListener("click", () => {
    for (const row of rows) {
      const of = control(row);
      if (of?.type === "checkbox") of.checked = true;
      else if (of) of.value = of.max || of.options[of.options.length - 1].value;
    }
    const due = Math.min(follow(), Number(left));
    field.value = (due / unit).toFixed(Number(digits));
    say();
  });
  if (all) all.hidden = false;

  field.addEventListener("input", say);
  follow();
  say();
});
