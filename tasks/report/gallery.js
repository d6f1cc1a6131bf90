/* The gallery: a page's rows, as cards that are made when they are shown. */
const data = JSON.parse(document.getElementById("data").textContent);
const items = data.rows.map((row) => Object.fromEntries(data.fields.map((name, place) => [name, row[place]])));
const byId = new Map(items.map((item) => [item.id, item]));
const list = document.getElementById("list");
const CHUNK = 40;

const make = (name, properties = {}, ...children) => {
  const element = document.createElement(name);
  Object.assign(element, properties);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
};
const spaced = (text) => (text ?? "").replaceAll("_", " ");
const letter = (place) => "ABCD"[place] ?? "?";
const tones = { proved: "good", witnessed: "good", asserted: "good", refuted: "bad", unknown: "warn", keep: "good", disagree: "bad", ambiguous: "bad", unjudged: "warn" };
const badge = (text, tone) => make("span", { className: `badge ${tone ?? tones[text] ?? ""}`, textContent: text });
const asked = (item) => item.question ?? `(never written) ${item.claims.map((claim) => claimText(item, claim)).join("; ")}`;
const fateOf = (item) => (item.stage ? `lost in ${item.stage}` : item.split);

/* Claims name objects by id; people read names. */
const labelOf = (item, id) => item.boxes.find((box) => box[0] === id)?.[1] ?? `object ${id}`;
const claimParts = (item, claim) => {
  if (claim === null || typeof claim !== "object") return [["claim", [String(claim)], []]];
  return Object.entries(claim)
    .filter(([key, value]) => key !== "category" && value !== null)
    .map(([key, value]) => {
      const values = Array.isArray(value) ? value : [value];
      const ids = data.objectFields.includes(key) ? values : [];
      return [spaced(key), values.map((one) => (ids.length ? labelOf(item, one) : spaced(String(one)))), ids];
    });
};
const claimText = (item, claim) => claimParts(item, claim).map(([key, values]) => `${key}: ${values.join(", ")}`).join("; ");
const idsOf = (item, claim) => claimParts(item, claim).flatMap(([, , ids]) => ids);

const drawingOf = (item) => {
  const [address, width, height] = data.images[item.image];
  const high = Math.round((1000 * height) / width);
  const svg = drawnElement("svg", { class: "drawing", viewBox: `0 0 1000 ${high}`, role: "img", "aria-label": "the photograph with boxes" });
  if (address) {
    svg.append(drawnElement("image", { href: address, width: 1000, height: high, preserveAspectRatio: "none" }));
  } else {
    svg.append(drawnElement("rect", { class: "missing", width: 1000, height: high }));
    svg.append(drawnElement("text", { class: "note", x: 500, y: high - 20, "text-anchor": "middle" }, "the photograph is not in the dataset"));
  }
  const right = new Set(idsOf(item, item.claims[item.answer] ?? null));
  const others = new Set(item.claims.flatMap((claim) => idsOf(item, claim)));
  const kindOf = (id) => (right.has(id) ? "answer" : others.has(id) ? "option" : "context");
  const boxes = item.boxes.map(([id, label, place]) => ({ id, label, place, kind: item.claims.length ? kindOf(id) : "option" }));
  drawLinks(svg, item.links, new Map(boxes.map((box) => [box.id, box.place])));
  drawBoxes(svg, boxes);
  return svg;
};

const claimOf = (item, claim, svg) => {
  const line = make("span", { className: "claim" });
  claimParts(item, claim).forEach(([key, values, ids], place) => {
    line.append(place ? " · " : "", `${key} `);
    values.forEach((value, number) => {
      if (number) line.append(", ");
      const box = item.boxes.findIndex((one) => one[0] === ids[number]);
      if (box === -1) {
        line.append(make("b", { textContent: value }));
        return;
      }
      const name = make("button", { type: "button", className: "name", textContent: value });
      const light = (isLit) => svg.querySelectorAll("rect.box")[box].classList.toggle("lit", isLit);
      for (const event of ["pointerenter", "focus"]) name.addEventListener(event, () => light(true));
      for (const event of ["pointerleave", "blur"]) name.addEventListener(event, () => light(false));
      line.append(name);
    });
  });
  return line;
};
const proofOf = (proof) => {
  if (!proof) return "";
  const [standing, margin, detail] = proof;
  return make("span", { className: "proof" }, badge(standing), ` ${detail}`, margin === null ? "" : ` (margin ${margin})`);
};
const votesFor = (item, text) => {
  const count = (votes) => (votes ?? []).filter((vote) => vote === text).length;
  const told = [[count(item.votes), "the judge"], [count(item.blindVotes), "the judge without the picture"]]
    .filter(([number]) => number)
    .map(([number, who]) => `${number} ${number === 1 ? "vote" : "votes"} of ${who}`);
  return told.length ? make("span", { className: "votes", textContent: told.join(", ") }) : "";
};
const optionsOf = (item, svg) => {
  const options = make("ul", { className: "options" });
  item.claims.forEach((claim, place) => {
    const text = item.options?.[place];
    const right = place === item.answer;
    const entry = make("li", { className: right ? "gold-option" : "", dir: "auto" });
    if (text !== undefined) entry.append(make("b", { textContent: `(${letter(place)})` }), " ", make("bdi", { textContent: text }), right ? make("small", { textContent: " answer" }) : "");
    entry.append(claimOf(item, claim, svg), proofOf(item.proofs?.[place] ?? (right && item.evidence ? [item.evidence, item.margin, item.detail ?? ""] : null)));
    if (text !== undefined) entry.append(votesFor(item, text));
    options.append(entry);
  });
  return options;
};

/* As a shell takes it: ids come from data, their hidden characters as escapes. */
const ESCAPE = /\\u[0-9a-f]{4}|\\U[0-9a-f]{8}/;
const quoted = (text) => {
  if (ESCAPE.test(text)) return `$'${text.replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
};
const historyOf = (item) => {
  const told = [];
  const lost = (stage) => item.stage === stage && `lost: ${item.reason}${item.reasonDetail ? `: ${item.reasonDetail}` : ""}`;
  const say = (stage, ...parts) => {
    const text = [...parts, lost(stage)].filter(Boolean).join("; ");
    if (text) told.push([stage, text]);
  };
  say("extract", item.evidence && `${item.evidence}${item.detail ? `: ${item.detail}` : ""}${item.margin === null ? "" : ` (margin ${item.margin})`}`);
  say("plan", item.stage !== "plan" && "chosen");
  say("write", item.writer && `by ${item.writer}${item.writerLevel ? `, which finds it ${item.writerLevel}` : ""}`);
  say("verify", item.reading === "read" && "the words say what the claims say", item.reading === "unread" && "only a judge can tell whether the words say what the claims say");
  const votes = (item.votes ?? []).map((vote, place) => `${vote ?? "nothing usable"}${item.voteReasons?.[place] ? ` (${item.voteReasons[place]})` : ""}`);
  say("judge", item.verdict && `${item.judge}: ${item.verdict}`, votes.length && `voted ${votes.join(" | ")}`, item.blindVotes?.length && `without the picture ${item.blindVotes.map((vote) => vote ?? "nothing usable").join(" | ")}`, item.blindAnswered === true && "right without the picture in every order");
  say("select", item.split && `published in ${item.split} as (${letter(item.answer)})`);
  if (item.cost) told.push(["cost", `$${item.cost}`]);
  told.push(["all of it", `spatialthinker why --dataset ${quoted(data.dataset)} ${item.id.startsWith("-") ? "-- " : ""}${quoted(item.id)}`]);
  return make("ul", { className: "history" }, ...told.map(([stage, text]) => make("li", {}, make("b", { textContent: stage }), make("span", { textContent: text }))));
};

const linkTo = (id, text, file = "") => make("a", { href: `${file}#${encodeURIComponent(id)}`, textContent: text });
/* What is asked of one photograph, beside what is asked of its counterpart. */
const sideOf = (item, ...head) => {
  const svg = drawingOf(item);
  return make("div", {}, ...head, svg, optionsOf(item, svg));
};
const wholeOf = (item, question, facts) => {
  if (!item.pair) {
    const svg = drawingOf(item);
    return make("div", { className: "whole" }, svg, make("div", {}, question, optionsOf(item, svg), facts));
  }
  const [id, file] = item.pair;
  const head = make("p", { className: "facts" }, "the same words about another photograph: ", linkTo(id, id, file));
  const other = byId.get(id);
  const here = make("p", { className: "facts" }, "this photograph: ", make("code", { textContent: item.id }));
  return make("div", {}, question, make("div", { className: "sides" }, sideOf(item, here), other ? sideOf(other, head) : head), facts);
};
const bodyOf = (item) => {
  const facts = make("p", { className: "facts" }, make("code", { textContent: item.id }), " · ", linkTo(item.id, "link"), item.rating === null ? "" : ` · rating ${item.rating} of 10`);
  const question = make("p", { className: "question", dir: "auto", textContent: item.question ?? "Nobody wrote this question. What it would have been about:" });
  return make("div", { className: "body" }, wholeOf(item, question, facts), historyOf(item));
};
const cardOf = (item) => {
  const [address] = data.images[item.image];
  const thumb = address ? make("img", { className: "thumb", src: address, alt: "" }) : make("span", { className: "thumb" });
  const facts = [spaced(item.category), item.level, item.predicate].filter(Boolean).join(" · ");
  const chips = make("span", { className: "chips" });
  chips.append(badge(item.stage ? `${fateOf(item)}: ${item.reason}` : item.split, item.stage ? "bad" : "good"));
  if (item.evidence) chips.append(badge(item.evidence));
  if (item.verdict) chips.append(badge(item.verdict));
  if (item.pair) chips.append(badge("pair"));
  const summary = make("summary", {}, thumb, make("span", {}, make("span", { className: "facts", textContent: facts }), make("span", { className: "asked", dir: "auto", textContent: asked(item) })), chips);
  const card = make("details", { className: "card item", id: item.id }, summary);
  card.addEventListener("toggle", () => {
    if (card.open && card.childElementCount === 1) card.append(bodyOf(item));
  });
  return card;
};

/* Cards from `start` to `stop` of what was found are there; others follow as they are reached. */
let found = [], start = 0, stop = 0;
const later = make("button", { type: "button", className: "more", textContent: "more" });
const earlier = make("button", { type: "button", className: "more", textContent: "earlier ones" });
const extend = () => {
  const next = found.slice(stop, stop + CHUNK).map(cardOf);
  stop += next.length;
  later.before(...next);
  later.hidden = stop === found.length;
  earlier.hidden = start === 0;
};
const restart = (place) => {
  start = stop = place;
  list.replaceChildren(earlier, later);
  extend();
};
later.addEventListener("click", extend);
earlier.addEventListener("click", () => restart(Math.max(0, start - CHUNK)));
new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && extend(), { rootMargin: "600px" }).observe(later);
const elementOf = (item) => {
  const place = found.indexOf(item);
  if (place === stop) extend();
  if (place < start || place >= stop) restart(place);
  return document.getElementById(item.id);
};

const same = (wanted, value) => !wanted || value === wanted;
const fits = (item, values) => {
  if (values.fate && !(values.fate === fateOf(item) || values.fate === (item.stage ? "lost" : "published"))) return false;
  if (values.pairs && !item.pair) return false;
  if (values.verdict && (item.verdict ?? "none") !== values.verdict) return false;
  return ["category", "level", "evidence", "reason", "writer", "predicate"].every((name) => same(values[name], item[name]));
};
startBrowser({
  items, fits, elementOf,
  textOf: (item) => [item.id, asked(item), ...(item.options ?? []), item.detail, item.reasonDetail, ...item.boxes.map((box) => box[1])].join("\n"),
  present: (wanted) => {
    found = wanted;
    restart(0);
  },
});
