// The options of a product: its price, what is left and its heart follow the one chosen, and so does the address.
const form = document.querySelector("[data-options]");
const quantity = document.getElementById("quantity");

const show = (input) => {
  document.querySelectorAll("[data-of-variant]").forEach((part) => {
    part.hidden = part.dataset.ofVariant !== input.value;
  });
  for (const option of quantity?.options ?? []) {
    option.hidden = option.disabled = Number(option.value) > Number(input.dataset.most);
  }
  if (quantity && Number(quantity.value) > Number(input.dataset.most)) quantity.value = "1";
  const here = new URL(location.href);
  here.searchParams.set("variant", input.value);
  history.replaceState(history.state, "", here);
  form.elements.next.value = here.pathname + here.search;
};

form?.addEventListener("change", (e) => {
  if (e.target.name === "variant") show(e.target);
});
// Back from another page: the browser may have kept another choice than the page was made with.
const kept = form?.querySelector("input[name=variant]:checked");
if (kept && kept.value !== form.elements.next.value.split("variant=")[1]) show(kept);
