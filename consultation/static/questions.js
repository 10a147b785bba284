// What the script adds to the questions of a page. Each works without it, and its own controls
// keep the answer: what is added only fills them. (A question named « append » hides what a form
// calls so: forms are only asked for names with a capital letter.)
import { holds } from "./conditions.js";
import { $, lang, make, said } from "./consultation.js";

const MOST = 8, PAUSE = 500, NOWHERE = "_nulle_part";
const all = (selector, root) => [...root.querySelectorAll(selector)];

const aside = (text) => make("span", { class: "fr-sr-only" }, text);
const tell = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

const plural = new Intl.PluralRules(lang);
// For the tests.
export const count = (number, one, many) =>
  `${number.toLocaleString(lang)} ${said(plural.select(number) === "one" ? one : many)}`;

function later(work, delay) {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(work, delay); };
}

// A box that excludes the others, a precision that goes with its option

const isAlone = (box) => "exclusive" in box.dataset;

function exclude(box, form) {
  if (box.type !== "checkbox" || !box.checked) return "";
  const others = all("[type=checkbox]", form).filter((other) => other !== box && other.checked
    && other.name === box.name && (isAlone(box) || isAlone(other)));
  others.forEach((other) => { other.checked = false; });
  return others.length ? said("Ce qui n’allait pas avec cette réponse est décoché.") : "";
}

const optionOf = (precision) =>
  precision.closest(".c-other").previousElementSibling.querySelector("input");

function tickItsOption(precision) {
  const option = optionOf(precision);
  if (!precision.value.trim() || option.checked) return;
  option.checked = true;
  tell(option);
}

// Sent alone, a precision would stand for its option: it is kept aside while that is not ticked.
function keepAside(precision) {
  const { checked } = optionOf(precision), aside = precision.dataset.aside || "";
  if (checked === Boolean(precision.value)) return;
  precision.dataset.aside = precision.value;
  precision.value = checked ? aside : "";
}

// A long text: how many characters are left

function countDown(area) {
  const seen = make("p", { class: "fr-hint-text fr-mt-1v", "aria-hidden": "true" });
  const heard = make("p", { class: "fr-sr-only", role: "status" });
  area.after(seen, heard);
  const left = () => area.dataset.longest - Array.from(area.value.trim()).length;
  const words = () => left() < 0
    ? count(-left(), "caractère de trop", "caractères de trop")
    : count(left(), "caractère disponible", "caractères disponibles");
  const show = () => {
    seen.textContent = words();
    seen.classList.toggle("c-over", left() < 0);
  };
  const speak = later(() => { heard.textContent = words(); }, 2 * PAUSE);
  area.addEventListener("input", () => { show(); speak(); });
  area.addEventListener("change", show);
  show();
}

// A long list: a few letters, then a choice

const wordsOf = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
  .replace(/œ/g, "oe").split(/[^a-z0-9]+/).filter(Boolean);

// « cor so » and « cotedor » are found as well as « corse-du-sud » and « Côte-d’Or ».
function isIn(asked, label, group) {
  const words = wordsOf(label);
  return asked.every((word) => [...words, ...wordsOf(group)].some((one) => one.startsWith(word)))
    || words.some((_, at) => words.slice(at).join("").startsWith(asked.join("")));
}

function search(select) {
  const { id } = select, [none, ...lines] = select.options;
  const grouped = select.querySelector("optgroup");
  const apart = lines.filter((line) => grouped && line.parentNode === select);
  const help = make("p", { class: "fr-hint-text fr-mt-1v", id: `${id}--aide` },
    said("Écrivez quelques lettres ou un numéro, puis choisissez."));
  const field = make("input", { class: "fr-input", type: "text", autocomplete: "off",
    spellcheck: "false", "aria-describedby": `${id}--aide` });
  const status = make("p", { class: "fr-text--sm fr-my-1v", role: "status" });
  const found = make("div", { role: "radiogroup", "aria-labelledby": `${id}--label` });
  const required = select.hasAttribute("aria-required");
  if (required) found.setAttribute("aria-required", "true");
  if (select.hasAttribute("aria-invalid")) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${id}--aide ${id}--messages`);
  }

  const radio = (line) => {
    const it = make("input", { type: "radio", id: `${id}-${line.index}`, name: `${id}--choix`,
      value: line.value, form: NOWHERE });
    it.checked = line.selected;
    it.addEventListener("change", () => { line.selected = true; tell(select); });
    const label = make("label", { class: "fr-label", for: it.id }, line.textContent);
    return make("div", { class: "fr-radio-group" }, it, label);
  };
  const show = () => {
    const asked = wordsOf(field.value);
    const fits = lines.filter((line) =>
      asked.length && !apart.includes(line) && isIn(asked, line.text, line.parentNode.label || ""));
    const chosen = lines.filter((line) => line.selected);
    const undo = chosen.length && !required ? [none] : [];
    const shown = new Set([...chosen, ...fits.slice(0, MOST), ...apart, ...undo]);
    found.replaceChildren(...Array.from(shown, radio));
    if (!asked.length) return "";
    if (!fits.length) return said("Aucune réponse ne correspond.");
    const answers = count(fits.length, "réponse", "réponses");
    return fits.length > MOST
      ? said("%(answers)s, les %(most)s premières sont affichées. Ajoutez des lettres.", { answers, most: MOST })
      : `${answers}.`;
  };
  const speak = later(() => { status.textContent = show(); }, PAUSE / 2);
  field.addEventListener("input", speak);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault();
    status.textContent = show();
    found.querySelector("input")?.focus();
  });
  select.addEventListener("change", () => { if (!found.contains(document.activeElement)) show(); });
  select.removeAttribute("id");
  select.hidden = true;
  field.id = id;
  select.before(help, field, status, found);
  show();
}

// A ranking: buttons that move, beside the lists that keep it

const UP = said("Monter"), DOWN = said("Descendre"), OUT = said("Retirer"), IN = said("Classer");

function rank(group) {
  const selects = all("select", group), { id } = group;
  const lines = [...selects[0].options].filter((line) => line.value);
  const labels = new Map(lines.map((line) => [line.value, line.textContent]));
  const ranked = make("ol", { class: "c-rank", role: "list", "aria-label": said("Votre classement") });
  const rest = make("ul", { class: "c-rank", role: "list", "aria-label": said("Réponses à classer") });
  const status = make("p", { class: "fr-sr-only", role: "status" });
  const read = () => [...new Set(selects.map((one) => one.value).filter(Boolean))];

  const button = (code, verb, idle) => {
    const it = make("button", { type: "button", class: "fr-btn fr-btn--tertiary", "data-verb": verb },
      verb, aside(said(" :") + " " + labels.get(code)));
    if (idle) it.setAttribute("aria-disabled", "true");
    it.addEventListener("click", () => idle ? say(idle) : act(code, verb));
    return it;
  };
  const line = (code, ...verbs) => make("li", { class: "c-rank__line", "data-code": code },
    make("span", { class: "c-rank__label" }, labels.get(code)),
    make("span", { class: "c-rank__verbs" }, ...verbs.map(([verb, idle]) => button(code, verb, idle))));
  const say = (words) => { status.textContent = words; };
  const show = () => {
    const order = read(), last = order.length - 1;
    ranked.replaceChildren(...order.map((code, place) => line(code,
      [UP, place ? "" : said("Déjà en tête.")],
      [DOWN, place < last ? "" : said("Déjà en dernier.")], [OUT])));
    const full = order.length < selects.length ? ""
      : said("%(ranks)s : retirez d’abord une réponse.", {
        ranks: count(selects.length, "rang est déjà pris", "rangs sont déjà pris") });
    rest.replaceChildren(...lines.filter((one) => !order.includes(one.value))
      .map((one) => line(one.value, [IN, full])));
    ranked.hidden = !order.length;
    rest.hidden = !rest.children.length;
  };
  const act = (code, verb) => {
    const order = read(), place = order.indexOf(code);
    if (place >= 0) order.splice(place, 1);
    if (verb !== OUT) order.splice({ [UP]: place - 1, [DOWN]: place + 1 }[verb] ?? order.length, 0, code);
    selects.forEach((one, at) => { one.value = order[at] || ""; });
    tell(selects[0]);
    show();
    const to = all("li", group).find((one) => one.dataset.code === code);
    (to.querySelector(`[data-verb="${verb}"]`) || to.querySelector("button")).focus();
    const rank = order.indexOf(code) + 1, label = labels.get(code);
    say(rank ? said("%(label)s : rang %(rank)s", { label, rank }) : said("%(label)s : retiré du classement", { label }));
  };

  selects.forEach((one) => {
    all(`#_erreurs a[href="#${one.id}"]`, document).forEach((link) => { link.href = `#${id}--rangs`; });
    one.closest(".fr-fieldset__element").hidden = true;
    one.addEventListener("change", () => { if (!group.contains(document.activeElement)) show(); });
  });
  selects[0].closest(".fr-fieldset__element").before(
    make("div", { class: "fr-fieldset__element", id: `${id}--rangs`, tabindex: "-1" }, ranked, rest, status));
  show();
}

// Questions that come and go with the answers of the page

const WRITTEN = /^([-+−]?)(\d{1,3}(?:[ \u00a0\u202f\u2009\u2007]\d{3})+|\d+)(?:[.,](\d+))?$/;
const numberIn = (text) => {
  const [, sign, whole, decimals] = WRITTEN.exec(text) || [];
  return whole && Number(`${sign && sign !== "+" ? "-" : ""}${whole.replace(/\D/g, "")}.${decimals || 0}`);
};
const READ = {
  codes: (sent, id) => sent.getAll(id).filter(Boolean),
  code: (sent, id) => READ.codes(sent, id)[0],
  text: (sent, id) => (sent.get(id) || "").trim(),
  number: (sent, id) => numberIn(READ.text(sent, id)),
  step: (sent, id) => READ.number(sent, id) ?? READ.text(sent, id),
  rows: (sent, id) => Object.fromEntries([...sent].filter(([name, code]) => code && name.startsWith(`${id}.`))
    .map(([name, code]) => [name.slice(id.length + 1), code])),
  places: (sent, id) => Object.values(READ.rows(sent, id)),
};

// What the form says it shows with a question: it and the rows of a grid; of a mere text, nothing.
const asked = (id, node) => node.querySelector("[name]")
  ? [id, ...all("[type=radio]", node).map(({ name }) => name)] : [];

function follow(form, told) {
  const rules = JSON.parse(told.dataset.questions), given = JSON.parse(told.dataset.given);
  const shown = form.querySelector("[name=shown]"), moving = new Map();
  all("[data-live]", form).forEach((element) => {
    const { live } = element.dataset, here = element.localName !== "template";
    const node = here ? element : make("div", { "data-live": live }, element.content);
    element.replaceWith(node);
    moving.set(live, { node, mark: document.createComment(""), tokens: asked(live, node), here });
  });

  const move = (it, here) => {
    const [from, to] = here ? [it.mark, it.node] : [it.node, it.mark];
    if (from.parentNode) from.replaceWith(to);
    const tokens = new Set(shown.value.split(" "));
    it.tokens.forEach((token) => tokens[here ? "add" : "delete"](token));
    shown.value = [...tokens].join(" ");
  };
  return () => {
    const answers = { ...given }, added = [];
    let gone = 0;
    for (const [id, kind, tree] of rules) {
      const it = moving.get(id), here = !tree || holds(tree, answers);
      if (it) {
        move(it, here);
        if (here && !it.here) added.push(it.node.querySelector(".c-wording, p").textContent);
        gone += it.here && !here;
        it.here = here;
      }
      const answer = here && READ[kind](new FormData(form), id);
      if (answer || answer === 0) answers[id] = answer;
    }
    const [question] = added;
    return added.length > 1
      ? said("%(count)s questions s’ajoutent à partir de votre réponse.", { count: added.length })
      : added.length ? said("Une question s’ajoute à partir de votre réponse : %(question)s", { question })
      : gone ? said("Une question qui dépendait de votre réponse est retirée.") : "";
  };
}

function enhance(form) {
  // What only fills another control belongs to a form that sends nothing, not even by Enter.
  document.body.append(make("form", { id: NOWHERE, hidden: "" }, make("button", { disabled: "" })));
  const told = $("_conditions");
  const status = make("p", { id: "_annonce", class: "fr-sr-only", role: "status" });
  const update = told ? follow(form, told) : () => "";
  const say = (words) => { if (words) status.textContent = words; };
  all(".c-question > select", form).forEach(search);
  all("fieldset.c-question", form).filter((one) => one.querySelector("select")).forEach(rank);
  all("[data-longest]", form).forEach(countDown);
  form.appendChild(status);
  update();
  form.addEventListener("change", ({ target }) => {
    const excluded = exclude(target, form);
    all(".c-other input", form).forEach(keepAside);
    say(`${excluded} ${update()}`.trim());
  });
  const pause = later(() => say(update()), PAUSE);
  form.addEventListener("input", ({ target }) => {
    if (target.closest(".c-other")) tickItsOption(target);
    pause();
  });
}

if ($("_page")) enhance($("_page"));
