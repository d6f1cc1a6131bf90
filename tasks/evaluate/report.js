/* The items of an evaluation: cards that the page already has, each with replies of models. */
for (const svg of document.querySelectorAll("svg[data-boxes]")) {
  const boxes = JSON.parse(svg.dataset.boxes);
  const labels = boxes.map((box) => box.label);
  const layer = svg.querySelector(".gold-layer");
  drawBoxes(svg, JSON.parse(svg.dataset.gold), { into: layer, below: true, unlabelled: labels });
  drawBoxes(svg, boxes);
}
const cards = [...document.querySelectorAll(".item")];
const items = cards.map((card) => ({
  id: card.id,
  card,
  chips: [...card.querySelectorAll(".chip")],
  replies: [...card.querySelectorAll(".reply")],
}));
const isWanted = (outcome, wanted) => (wanted === "missed" ? outcome !== "right" : ["", "split", outcome].includes(wanted));
const fits = ({ card, chips, replies }, values) => {
  for (const one of [...replies, ...chips]) one.hidden = Boolean(values.model) && one.dataset.model !== values.model;
  if (values.benchmark && card.dataset.benchmark !== values.benchmark) return false;
  if (values.category && card.dataset.category !== values.category) return false;
  if (values.outcome === "split" && card.dataset.split !== "yes") return false;
  return replies.some((reply) => !reply.hidden && isWanted(reply.dataset.outcome, values.outcome));
};
startBrowser({
  items,
  fits,
  textOf: ({ card }) => card.textContent,
  present: (found) => {
    const shown = new Set(found);
    for (const item of items) item.card.hidden = !shown.has(item);
  },
  elementOf: ({ card }) => card,
  prepare: ({ benchmark }) => {
    const category = document.getElementById("by-category");
    for (const option of category.options) {
      option.hidden = Boolean(option.value && benchmark) && !option.dataset.benchmarks.split("\n").includes(benchmark);
    }
    if (category.selectedOptions[0]?.hidden) category.value = "";
  },
});
