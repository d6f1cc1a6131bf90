/* One question at a time. The server says what may be known of it: the label comes with the reply to
   an answer, which is on disk by then. Only a comment is kept here, until its verdict is given: a
   closed tab loses no step, and a reload no word. */
const find = (id) => document.getElementById(id);
const LETTERS = "ABCDEFGH";
const KEYS = { r: "right", w: "wrong", m: "ambiguous", u: "unanswerable" };
const { items, reviewer } = document.querySelector("main").dataset;
const numItems = Number(items);
let place = 0;
let item = null;
let states = [];
let isBusy = false;

const ask = async (path, body) => {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const reply = await fetch(path, { credentials: "same-origin", ...options });
  if (!reply.ok) throw new Error(await reply.text());
  return reply.json();
};
const tell = (text) => {
  find("trouble").textContent = text;
  find("trouble").hidden = !text;
};
/* One step after another: a second key before the reply to the first one is nothing. */
const attempt = async (step) => {
  if (isBusy) return;
  isBusy = true;
  try {
    await step();
    tell("");
  } catch (error) {
    if (!(error instanceof TypeError)) await showChanged();
    tell(error instanceof TypeError ? "The command has ended: run it again, and reload this page. Every step that was shown is kept." : error.message);
  } finally {
    isBusy = false;
  }
};
const isJudged = (state) => state !== "new" && state !== "answered";
const nextOpen = () => {
  for (let step = 1; step <= numItems; step += 1) {
    const other = (place + step) % numItems;
    if (!isJudged(states[other])) return other;
  }
  return place;
};
const showProgress = () => {
  const judged = states.filter(isJudged).length;
  find("progress").textContent = `${judged} of ${numItems} reviewed`;
  find("done").hidden = judged < numItems;
  [...find("dots").children].forEach((dot, number) => {
    dot.className = states[number];
    dot.setAttribute("aria-current", String(number === place));
    dot.setAttribute("aria-label", `question ${number + 1}: ${states[number]}`);
  });
};
const showDrawing = () => {
  const svg = find("drawing");
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 1000 ${(1000 * item.height) / item.width}`);
  if (item.has_photograph) {
    svg.append(drawnElement("image", { href: `items/${place}/photograph`, width: 1000, height: heightOf(svg) }));
  } else {
    svg.append(drawnElement("rect", { class: "missing", width: 1000, height: heightOf(svg) }));
    svg.append(drawnElement("text", { class: "note", x: 20, y: 50 }, "this dataset has no photographs"));
  }
  drawBoxes(svg, item.boxes ?? []);
};
const showChoices = () => {
  const choices = item.options.map((option, number) => [option, `${LETTERS[number]} `.toLowerCase(), option]);
  choices.push(["", "x ", "cannot tell"]);
  find("choices").replaceChildren(
    ...choices.map(([value, key, text]) => {
      const entry = document.createElement("li");
      const button = document.createElement("button");
      const kbd = document.createElement("kbd");
      kbd.textContent = key.trim();
      button.type = "button";
      button.append(kbd, text);
      button.disabled = item.answered !== undefined;
      const isChosen = item.answered === value;
      const isLabel = item.answered !== undefined && item.label === value;
      button.classList.toggle("chosen", isChosen);
      button.classList.toggle("label", isLabel);
      const told = [isChosen && "your answer", isLabel && "label"].filter(Boolean).join(", ");
      if (told) {
        const note = document.createElement("small");
        note.textContent = told;
        button.append(note);
      }
      button.addEventListener("click", () => attempt(() => answer(value)));
      entry.append(button);
      return entry;
    }),
  );
};
/* Drafts of comments: also in the browser's storage, for a reload, where it has one with room. */
const drafts = {};
const inStorage = (step) => {
  try {
    return step(sessionStorage);
  } catch {
    return null;
  }
};
const nameOfDraft = () => `${document.title}, ${reviewer}: ${item.why.question_id}`;
const draftOf = (name) => drafts[name] ?? inStorage((storage) => storage.getItem(name));
const keepDraft = (name, text) => {
  drafts[name] = text;
  inStorage((storage) => storage.setItem(name, text));
};
const forgetDraft = (name) => {
  delete drafts[name];
  inStorage((storage) => storage.removeItem(name));
};
const show = () => {
  find("item").hidden = false;
  find("question").textContent = item.question;
  showDrawing();
  showChoices();
  const isOpen = item.answered !== undefined;
  find("blind").hidden = isOpen;
  find("open").hidden = !isOpen;
  find("boxes").hidden = !isOpen;
  find("drawing").classList.toggle("plain", isOpen);
  if (isOpen) {
    find("comment").value = draftOf(nameOfDraft()) ?? item.comment ?? "";
    const { question_id, category, evidence, writer, command } = item.why;
    find("why").textContent = `${question_id} · ${category} · ${evidence} · ${writer}`;
    find("command").textContent = command;
  }
  for (const button of find("verdicts").children) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === item.verdict));
  }
  showProgress();
};
const take = (found) => {
  item = found;
  states[place] = item.state;
  show();
};
/* Another tab may have taken steps on this question; a comment that is typed here stays else. */
const showChanged = async () => {
  const found = await ask(`items/${place}`).catch(() => item);
  if (found !== null && found.state !== item?.state) take(found);
};
const go = async (number) => {
  place = Math.min(Math.max(number, 0), numItems - 1);
  take(await ask(`items/${place}`));
  location.replace(`#${place + 1}`);
};
const answer = async (option) => take(await ask(`items/${place}/answer`, { option }));
const judge = async (verdict) => {
  const comment = find("comment").value;
  const found = await ask(`items/${place}/verdict`, { verdict, comment });
  if (find("comment").value === comment) forgetDraft(nameOfDraft());
  take(found);
  find("comment").blur();
  await go(nextOpen());
};
/* Takes back the last step on this question; where there is none, goes to the one before. */
const undo = async () => {
  if (item.state === "new") await go(place - 1);
  else take(await ask(`items/${place}/undo`, {}));
};
const toggleBoxes = () => find("drawing").classList.toggle("plain");

const STEPS = { j: () => go(place + 1), k: () => go(place - 1), o: () => go(nextOpen()), z: undo };
document.addEventListener("keydown", (event) => {
  const isTyping = event.target === find("comment");
  if (isTyping && event.key === "Escape") find("comment").blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || item === null) return;
  const key = event.key.toLowerCase();
  const isOpen = item.answered !== undefined;
  const number = LETTERS.toLowerCase().indexOf(key);
  if (STEPS[key]) attempt(STEPS[key]);
  else if (!isOpen && key === "x") attempt(() => answer(""));
  else if (!isOpen && number >= 0 && number < item.options.length) attempt(() => answer(item.options[number]));
  else if (isOpen && KEYS[key]) attempt(() => judge(KEYS[key]));
  else if (isOpen && key === "b") toggleBoxes();
  else if (isOpen && key === "c") find("comment").focus();
  else return;
  event.preventDefault();
});
for (const button of find("verdicts").children) {
  button.addEventListener("click", () => attempt(() => judge(button.dataset.verdict)));
}
find("comment").addEventListener("input", () => keepDraft(nameOfDraft(), find("comment").value));
find("before").addEventListener("click", () => attempt(STEPS.k));
find("after").addEventListener("click", () => attempt(STEPS.j));
find("undo").addEventListener("click", () => attempt(undo));
find("next-open").addEventListener("click", () => attempt(STEPS.o));
find("boxes").addEventListener("click", toggleBoxes);
attempt(async () => {
  states = await ask("items");
  find("dots").append(
    ...states.map((_, number) => {
      const dot = document.createElement("button");
      dot.type = "button";
      dot.addEventListener("click", () => attempt(() => go(number)));
      return dot;
    }),
  );
  const wanted = Number(location.hash.slice(1)) - 1;
  place = -1;
  await go(wanted >= 0 && wanted < numItems ? wanted : nextOpen());
});
