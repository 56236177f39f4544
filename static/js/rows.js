// Ticked rows of a table[data-rows]: the bar of [data-bulk] comes up, counts them and adds up their money.
// <table data-rows data-one="order" data-many="orders" data-currency="gbp" data-digits="2">, each box has data-amount in minor units;
// without data-currency (rows of several) there is no sum. The bar has [data-bulk-count] and [data-bulk-sum]. A box with data-all
// in the head ticks them all.
const total = (table, amount) => {
  const { currency, digits } = table.dataset;
  const format = new Intl.NumberFormat("en-GB", {
    style: "currency",
    currency,
    currencyDisplay: "gbp eur usd jpy".includes(currency) ? "narrowSymbol" : "code", // as the server
    minimumFractionDigits: Number(digits),
    maximumFractionDigits: Number(digits),
  });
  return format.format(amount / 10 ** Number(digits)).replace("-", "−");
};

const update = (table) => {
  const boxes = [...table.querySelectorAll("tbody input[type=checkbox]")];
  const ticked = boxes.filter((box) => box.checked);
  boxes.forEach((box) => box.closest("tr").classList.toggle("is-selected", box.checked));
  const all = table.querySelector("[data-all]");
  if (all) {
    all.checked = ticked.length > 0 && ticked.length === boxes.length;
    all.indeterminate = ticked.length > 0 && ticked.length < boxes.length;
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.classList.toggle("is-open", ticked.length > 0);
  const noun = ticked.length === 1 ? table.dataset.one : table.dataset.many;
  bar.querySelector("[data-bulk-count]").textContent =
    `${ticked.length.toLocaleString("en-GB")} ${noun} selected`;
  const sum = bar.querySelector("[data-bulk-sum]");
  if (sum && table.dataset.currency)
    sum.textContent = total(
      table,
      ticked.reduce((sum, box) => sum + Number(box.dataset.amount), 0),
    );
};
const updateAll = () => document.querySelectorAll("table[data-rows]").forEach(update);

document.addEventListener("change", (e) => {
  const table = e.target.closest?.("table[data-rows]");
  if (!table) return;
  if (e.target.matches("[data-all]")) {
    table.querySelectorAll("tbody input[type=checkbox]").forEach((box) => {
      box.checked = e.target.checked;
    });
  }
  update(table);
});
updateAll();
// Back from the next page the browser ticks again what was ticked; a swapped list starts anew.
addEventListener("pageshow", updateAll);
document.addEventListener("htmx:afterSettle", updateAll);
