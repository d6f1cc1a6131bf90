/* Boxes over pictures. A drawing is an SVG 1000 units wide and as high as its picture is; boxes are
   {label, kind, place}, their places (left, top, width, height) in thousandths of the picture's
   sides. Text is set as text: nothing that data holds becomes an element. */
const drawnElement = (name, attributes, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};
const heightOf = (svg) => svg.viewBox.baseVal.height;
const inUnits = (svg, [x, y, width, height]) => {
  const unit = heightOf(svg) / 1000;
  return { x, y: y * unit, width, height: height * unit };
};
/* Labels stand in the box's upper left corner, those `below` in its lower one. */
const drawBoxes = (svg, boxes, { into = svg, below = false, unlabelled = [] } = {}) => {
  for (const { label, kind, place } of boxes) {
    const box = inUnits(svg, place);
    const rect = drawnElement("rect", { class: `box ${kind}`, ...box });
    rect.append(drawnElement("title", {}, `${kind}: ${label}`));
    into.append(rect);
    if (unlabelled.includes(label)) continue;
    const y = below ? box.y + box.height - 10 : Math.max(box.y + 32, 32);
    into.append(drawnElement("text", { class: kind, x: box.x + 6, y }, label));
  }
};
const LINE = 34;
/* Where the middle of a text stands, as near to (x, y) as it is in the drawing and on none of those
   that are `placed`, whose places it joins. */
const labelAt = (x, y, text, height, placed) => {
  const half = Math.min(9 * text.length + 8, 500);
  const at = { x: Math.min(Math.max(x, half), 1000 - half) };
  const isFree = (line) => placed.every((one) => Math.abs(one.y - line) >= LINE || Math.abs(one.x - at.x) >= one.half + half);
  const lowest = height - 10;
  const start = Math.min(Math.max(y, LINE), lowest);
  const steps = Array.from({ length: Math.ceil(height / LINE) }, (_, step) => step * LINE);
  const lines = steps.flatMap((step) => [start - step, start + step]);
  at.y = lines.find((line) => line >= LINE && line <= lowest && isFree(line)) ?? start;
  placed.push({ ...at, half });
  return at;
};
/* Relationships [subject, predicate, object] as arrows between the middles of their boxes; `places`
   are the boxes' by object. Where several join the same two, labels say which way. */
const drawLinks = (svg, links, places) => {
  const labels = new Map();
  const placed = [];
  for (const [subject, predicate, object] of links) {
    if (!places.has(subject) || !places.has(object)) continue;
    const ends = JSON.stringify([subject, object].sort());
    const line = labels.get(ends) ?? 0;
    labels.set(ends, line + 1);
    const [from, to] = [subject, object].map((id) => {
      const box = inUnits(svg, places.get(id));
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    });
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
    const back = { x: to.x - 22 * along.x, y: to.y - 22 * along.y };
    svg.append(drawnElement("path", { class: "link", d: `M${from.x} ${from.y}L${back.x} ${back.y}` }));
    const wings = [`${back.x - 11 * along.y} ${back.y + 11 * along.x}`, `${back.x + 11 * along.y} ${back.y - 11 * along.x}`];
    svg.append(drawnElement("path", { class: "arrow", d: `M${to.x} ${to.y}L${wings.join("L")}Z` }));
    const told = line ? `${along.x < 0 ? "\u2190" : "\u2192"} ${predicate}` : predicate;
    const label = labelAt((from.x + to.x) / 2, (from.y + to.y) / 2 - 8, told, heightOf(svg), placed);
    svg.append(drawnElement("text", { class: "predicate", ...label, "text-anchor": "middle" }, told));
  }
};
