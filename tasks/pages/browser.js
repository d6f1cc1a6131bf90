/* The browser of a page's items: filters, words, the keys j, k and /, and links. `#ID` leads to an
   item, `#?FILTER=VALUE&...` to those that fit, and the address follows the filters.

   The page gives
     items            in their order, each with an `id`
     fits(item, values)   whether an item is wanted; `values` are those of the filters by name
     textOf(item)     what words are looked for in
     present(found)   shows these items and no others
     elementOf(item)  its <details>, made where it is not there yet
     prepare(values)  optional: adapts the filters to each other */
const startBrowser = ({ items, fits, textOf, present, elementOf, prepare = () => {} }) => {
  const form = document.getElementById("filters");
  const fields = [...form.querySelectorAll("[data-filter]")];
  const words = fields.find((field) => field.dataset.filter === "words");
  const texts = new Map();
  let found = items;
  const searched = (item) => {
    if (!texts.has(item)) texts.set(item, textOf(item).toLowerCase());
    return texts.get(item);
  };
  const valuesOf = () => Object.fromEntries(fields.map((field) => [field.dataset.filter, field.value]));
  const filter = () => {
    prepare(valuesOf());
    const values = valuesOf();
    const wanted = values.words.trim().toLowerCase();
    found = items.filter((item) => fits(item, values) && (!wanted || searched(item).includes(wanted)));
    present(found);
    document.getElementById("shown").textContent =
      `${found.length.toLocaleString("en")} of ${items.length.toLocaleString("en")} items`;
    document.getElementById("nothing").hidden = found.length > 0 || items.length === 0;
  };
  const addressed = () => {
    const values = fields.filter((field) => field.value).map((field) => [field.dataset.filter, field.value]);
    const query = new URLSearchParams(values).toString();
    history.replaceState(null, "", query ? `#?${query}` : location.pathname + location.search);
  };
  const setFields = (values) => {
    for (const field of fields) field.value = values.get(field.dataset.filter) ?? "";
    for (const field of fields) if (field.selectedIndex === -1) field.value = "";
  };
  const reach = (item, isOpened) => {
    const element = elementOf(item);
    element.hidden = false;
    element.open ||= isOpened;
    element.querySelector("summary").focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
  };
  const step = (by) => {
    const id = document.activeElement?.closest?.(".item")?.id;
    const place = found.findIndex((item) => item.id === id);
    const next = found[Math.max(0, Math.min(found.length - 1, place + by))];
    if (next) reach(next, false);
  };
  const follow = () => {
    const hash = location.hash.slice(1);
    if (hash.startsWith("?")) {
      setFields(new URLSearchParams(hash.slice(1)));
      filter();
      form.scrollIntoView({ block: "start" });
      return;
    }
    const target = items.find((item) => item.id === decoded(hash));
    if (!target) return;
    if (!found.includes(target)) {
      setFields(new URLSearchParams());
      filter();
    }
    reach(target, true);
  };
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  for (const field of fields) {
    field.addEventListener("input", () => {
      filter();
      addressed();
    });
  }
  document.getElementById("clear").addEventListener("click", () => {
    setFields(new URLSearchParams());
    filter();
    addressed();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") {
      event.preventDefault();
      words.focus();
    }
  });
  addEventListener("hashchange", follow);
  form.hidden = false;
  filter();
  follow();
};
