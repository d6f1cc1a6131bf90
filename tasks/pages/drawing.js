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
/* Relationships [subject, predicate, object] as arrows between the middles of their boxes; `places`
   are the boxes' by object. Where several join the same two, each label has a line of its own. */
const drawLinks = (svg, links, places) => {
  const labels = new Map();
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
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 8 - 34 * line };
    const told = line ? `${along.x < 0 ? "\u2190" : "\u2192"} ${predicate}` : predicate;
    svg.append(drawnElement("text", { class: "predicate", ...middle, "text-anchor": "middle" }, told));
  }
};
