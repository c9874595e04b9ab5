// Shows what a typed budget costs, and selects the term that is suggested for it until somebody chooses one.
// The page has the figures of its own budget without a script; `payouts/queries/fees.py` has the rule.
const table = document.querySelector("[data-fees]");
const own = table.querySelector(".own");
const budget = document.getElementById("id_budget_cents");
const term = document.getElementById("id_term_months");
const price = Object.fromEntries(Object.entries(table.dataset).map(([name, value]) => [name, Number(value)]));
const euros = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR" });
let isChosen = !("suggests" in table.dataset);

function typedCents() {
  const typed = /^(?:€|EUR)?\s*([0-9]{1,9})(?:[.,]([0-9]{1,2}))?\s*(?:€|EUR)?$/i.exec(budget.value.trim());
  const cents = typed ? Number(typed[1]) * 100 + Number((typed[2] ?? "").padEnd(2, "0")) : 0;
  return cents >= price.minCents && cents <= price.maxCents ? cents : null;
}

function show() {
  const cents = typedCents();
  const text = (amount) => (cents === null ? "–" : euros.format(amount / 100));
  own.querySelector("[data-budget]").textContent = text(cents);
  for (const cell of own.querySelectorAll("[data-months]")) {
    const amount = cents * Number(cell.dataset.months);
    const fee = price.fixedCents + Math.floor((amount * price.basisPoints + 5000) / 10000);
    cell.querySelector("[data-amount]").textContent = text(amount);
    cell.querySelector("[data-fee]").textContent = text(fee);
  }
}

budget.addEventListener("input", show);
budget.addEventListener("change", () => {
  const cents = typedCents();
  if (!isChosen && cents !== null) term.value = cents < price.suggestBelowCents ? "3" : "1";
});
term.addEventListener("change", () => {
  isChosen = true;
});
// A browser that restores what was typed before has said nothing of it.
show();
