// The browsers' engine: it runs a questionnaire from the document of its rules, and is the twin of
// consultation/questionnaire/ and of consultation/ballots/journey.py (tests/unit/test_survey_twin.py).
// No page loads it yet: pages that run in the browser come with a later version.
//
// Pure functions over plain data. A journey: the rules, an audience, drawn orders. A state:
// { answers, typed, reviewing, todo }. A page as sent: { fields, shown, warned }, lists of texts by
// name, then lists of texts. An answer is what Python stores, lists for its tuples.
import { holds } from "./conditions.js";

const FORMAT = 1, DRAWING = "sha-256";
const REMINDED = "rappel", OPT_OUT = "opt_out", MOST_DIGITS = 15;
const isList = Array.isArray;
const own = (object, name) => ({}).hasOwnProperty.call(object, name) ? object[name] : undefined;
const ownerOf = (name) => name.split(".")[0];
const without = (object, drop) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !drop(name)));

// What was posted: characters are counted as Python counts them, and cleaned of the same ones

const LINE_ENDS = /\r\n|[\r\x0b\x0c\x85\u2028\u2029]/g;
const UNPRINTABLE = /[\x00-\x09\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]/gu;
// For Python, U+FEFF is no white space.
const STRIPPED = /[\S\ufeff](?:[^]*[\S\ufeff])?|$/;

export const cleanText = (text) => STRIPPED.exec(
  text.replace(LINE_ENDS, "\n").replace(/\t/g, " ").replace(UNPRINTABLE, ""))[0];
export const cleanLine = (text) => cleanText(text).replace(/\n/g, " ");
const lengthOf = (text) => [...text].length;

const valuesIn = (fields, name) => [...new Set(own(fields, name) || [])].filter(Boolean);
const valueIn = (fields, name) => valuesIn(fields, name)[0] || "";

const found = (value = null, other = "") => ({ value, other, errors: [] });
const faults = (question, ...said) => ({ ...found(),
  errors: said.map(([field, message]) => ({ question: question.id, field, message })) });
const wrong = (question, message, field = question.id) => faults(question, [field, message]);

// What is said

const say = ({ rules }, name, told) =>
  rules.words[name].replace(/%\((\w+)\)s/g, (_, key) => told[key]);
const isEnglish = ({ rules }) => rules.lang === "en";

export function showNumber(journey, value) {
  const size = Math.abs(value), [thousands, point] = isEnglish(journey) ? [",", "."] : ["\u202f", ","];
  const written = size < 1e-4 ? size.toFixed(MOST_DIGITS) : size.toPrecision(MOST_DIGITS);
  const [whole, figures = ""] = written.split("."), decimals = figures.replace(/0+$/, "");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  return (value < 0 ? "−" : "") + grouped + (decimals && point + decimals);
}

const inWords = ({ rules }, count) => rules.words[`number_${count}`] || count;
// In French, zero goes with one.
const answersOf = (journey, count) => `${inWords(journey, count)} ${
  say(journey, (isEnglish(journey) ? count === 1 : count < 2) ? "answer" : "answers")}`;
const tooLong = (journey, text, limit) => say(journey, "too_long",
  { most: showNumber(journey, limit), length: showNumber(journey, lengthOf(text)) });
const quoted = (journey, { label }) => say(journey, "quoted", { label });

const PIPE = /\{([a-z][a-z0-9_]*)(?:\|([^{}|]*))?\}/g;

// A text with the visible answers that it quotes.
export function words(journey, text, visible) {
  return (text || "").replace(PIPE, (_, id, fallback) => {
    const question = journey.byId.get(id), answer = own(visible, id);
    const said = question && answer !== undefined && kindOf(question).quote(journey, question, answer);
    return said || fallback || "";
  });
}

// Numbers and dates

const WRITTEN = /^([-+−]?)(\d{1,3}(?:[ \u00a0\u202f\u2009\u2007]\d{3})+|\d+)(?:[.,](\d+))?$/;

function readNumber(text) {
  const [, sign, figures, decimals = ""] = WRITTEN.exec(text) || [];
  const whole = figures?.replace(/\D/g, "").replace(/^0+(?=\d)/, "");
  if (!whole || whole.length + decimals.length > MOST_DIGITS) return null;
  const size = Number(`${whole}.${decimals || 0}`);
  // 0 and never −0.
  return { value: sign && sign !== "+" ? 0 - size : size, decimals: decimals.length };
}

// As a French keyboard writes it.
const typedNumber = (value) =>
  showNumber({ rules: {} }, value).replace(/\u202f/g, "").replace("−", "-");

const PARTS = { day: ["day", "month", "year"], month: ["month", "year"], year: ["year"] };
const PART_TYPED = {
  day: /^(0?[1-9]|[12]\d|3[01])$/, month: /^(0?[1-9]|1[0-2])$/, year: /^(19|20)\d\d$/ };
const FIRST_YEAR = "1900", PAST_LAST_YEAR = "2100";
const LENGTHS = { day: 10, month: 7, year: 4 };
const shorten = (day, precision) => (day || "").slice(0, LENGTHS[precision]);

function isDate(written, precision) {
  const whole = written + "-01-01".slice(written.length - 4), day = new Date(`${whole}T00:00Z`);
  return written.length === LENGTHS[precision] && whole > FIRST_YEAR && whole < PAST_LAST_YEAR
    && !isNaN(day) && day.toISOString().startsWith(whole);
}

function showDate({ rules }, written) {
  const [year, month, day] = written.split("-").map(Number);
  const said = [day === 1 ? rules.words.first : day, rules.words[`month_${month}`], year];
  return said.filter(Boolean).join(" ");
}

// What is offered

// The audience stands among the visible answers: conditions name both alike.
const isShown = ({ show_if }, visible) => !show_if || holds(show_if, visible);
const rowsOf = (question, visible) => (question.rows || []).filter((row) => isShown(row, visible));
const offered = (question, visible) =>
  (question.options || []).filter((option) => isShown(option, visible));
const optionOf = ({ options = [] }, code) => options.find((option) => option.code === code);
const hasCode = (options, code) => options.some((option) => option.code === code);
const otherOf = (options = []) => options.find(({ other }) => other);

function draw({ lots }, items, tag, name) {
  const lot = (item) => lots.get(`${tag}/${item[name]}`);
  return lots ? [...items].sort((one, other) => lot(one) < lot(other) ? -1 : 1) : items;
}

// The options that a page offers, in this respondent's order.
export function inOrder(journey, question, visible) {
  const options = offered(question, visible);
  if (!question.random || !journey.lots) return options;
  const atEnd = ({ last, exclusive, apart, other }) => last || exclusive || apart || other;
  const moving = options.filter((one) => !atEnd(one));
  return [...draw(journey, moving, question.id, "code"), ...options.filter(atEnd)];
}

// Answers with codes

// The option that asks for a precision, if this answer holds it.
function chosenOther({ options }, answer) {
  const other = otherOf(options);
  return other && [answer].flat().includes(other.code) ? other : null;
}

function precision(question, options, fields) {
  const other = otherOf(options);
  return [other, other ? cleanLine(valueIn(fields, `${question.id}.other`)) : ""];
}

function withPrecision(journey, question, value, typed) {
  const limit = otherOf(question.options)?.other || 0;
  if (lengthOf(typed) <= limit) return found(value, typed);
  return { ...wrong(question, tooLong(journey, typed, limit), `${question.id}.other`), value };
}

function conflict(journey, question, chosen) {
  const alone = chosen.find(({ exclusive }) => exclusive), count = chosen.length;
  if (alone && count > 1) {
    const [first, ...more] = chosen.filter((option) => option !== alone);
    const other = more.length ? say(journey, "the_others") : quoted(journey, first);
    return say(journey, "either", { one: quoted(journey, alone), other });
  }
  return question.max && count > question.max
    ? say(journey, "too_many", { most: answersOf(journey, question.max), count }) : "";
}

function labelOf(journey, question, code, visible) {
  const option = optionOf(question, code), typed = option.other && own(visible, `${question.id}.other`);
  const label = words(journey, option.label, visible);
  return typed ? `${label}${say(journey, "colon")} ${typed}` : label;
}

// What is written in place of several options is called as the group they share.
function storedLabel({ options }, { stored }) {
  const behind = options.filter((option) => option.stored === stored), [{ group, label }] = behind;
  return group && behind.every((option) => option.group === group) ? group
    : behind.length === 1 ? label : stored;
}

// None when some are not among its own, or come twice.
function knownCodes(question, data) {
  const codes = isList(data) ? [...new Set(data)].filter((code) => optionOf(question, code)) : [];
  return codes.length === data?.length ? codes : [];
}
const listed = (codes) => codes.length ? codes : null;
const within = ({ min, max }, value) => !(value < min || value > max);

// The kinds of question, as consultation/questionnaire/kinds/ has them

const ANY = {
  field: ({ id }) => id,
  posted: ({ id }, answer) => ({ [id]: [String(answer)] }),
  lacks(journey, question, value) {
    return question.required && value === null
      ? wrong(question, question.required, this.field(question)).errors : [];
  },
  stillOffered(question, answer, visible) {
    const options = offered(question, visible);
    if (isList(answer)) return listed(answer.filter((code) => hasCode(options, code)));
    return hasCode(options, answer) ? answer : null;
  },
  reviewed: (journey, question, answer) => [String(answer)],
  note: () => "",
  quote: () => "",
  drafted: (question, value) => value,
};

const writtenWith = (clean) => ({
  ...ANY,
  answered(journey, question, fields) {
    const typed = clean(valueIn(fields, question.id)), limit = question.max_length;
    return lengthOf(typed) > limit ? wrong(question, tooLong(journey, typed, limit))
      : found(typed || null);
  },
  kept(question, data) {
    const typed = typeof data === "string" ? clean(data) : "";
    return typed && lengthOf(typed) <= question.max_length ? typed : null;
  },
});

const KINDS = {
  choice: {
    ...ANY,
    answered(journey, question, fields, visible) {
      const options = offered(question, visible), [other, typed] = precision(question, options, fields);
      const given = valuesIn(fields, question.id);
      // A precision was typed, its button forgotten: nothing is lost.
      const [code, more] = typed && !given.length ? [other.code] : given;
      if (more) return wrong(question, say(journey, "one_answer"));
      if (!code) return found();
      if (!hasCode(options, code)) return wrong(question, say(journey, "not_offered"));
      return withPrecision(journey, question, code, code === other?.code ? typed : "");
    },
    kept: (question, data) => optionOf(question, data) ? data : null,
    reviewed(journey, question, code, visible) {
      return [question.store ? words(journey, storedLabel(question, optionOf(question, code)), visible)
        : labelOf(journey, question, code, visible)];
    },
    note: (journey, { store }) => store ? say(journey, "generalised") : "",
    quote: (journey, question, answer) => optionOf(question, answer)?.label,
  },

  choices: {
    ...ANY,
    answered(journey, question, fields, visible) {
      const posted = valuesIn(fields, question.id), options = offered(question, visible);
      const [other, typed] = precision(question, options, fields);
      if (!posted.every((code) => hasCode(options, code))) {
        return wrong(question, say(journey, "not_offered"));
      }
      const isChosen = ({ code }) => posted.includes(code);
      const implied = typed && !options.some((option) => option.exclusive && isChosen(option));
      const chosen = options.filter((one) => isChosen(one) || (implied && one === other));
      const why = conflict(journey, question, chosen);
      if (why) return wrong(question, why);
      if (!chosen.length) return found();
      const codes = chosen.map(({ code }) => code);
      return withPrecision(journey, question, codes, chosen.includes(other) ? typed : "");
    },
    kept(question, data, journey) {
      const codes = knownCodes(question, data);
      const chosen = question.options.filter(({ code }) => codes.includes(code));
      return conflict(journey, question, chosen) ? null : listed(chosen.map(({ code }) => code));
    },
    posted: ({ id }, codes) => ({ [id]: [...codes] }),
    lacks(journey, question, value) {
      if (!value) return ANY.lacks.call(this, journey, question, value);
      const least = question.min || 0, alone = value.some((code) => optionOf(question, code).exclusive);
      return alone || value.length >= least ? []
        : wrong(question, say(journey, "too_few", { least: answersOf(journey, least) })).errors;
    },
    reviewed: (journey, question, codes, visible) =>
      codes.map((code) => labelOf(journey, question, code, visible)),
  },

  matrix: {
    ...ANY,
    answered(journey, question, fields, visible) {
      const options = offered(question, visible), value = {}, said = [];
      for (const row of rowsOf(question, visible)) {
        const name = `${question.id}.${row.id}`, [code, more] = valuesIn(fields, name);
        if (more) said.push([name, say(journey, "one_per_row")]);
        else if (code && !hasCode(options, code)) said.push([name, say(journey, "not_offered")]);
        else if (code) value[row.id] = code;
      }
      return { ...faults(question, ...said), value: someRows(value) };
    },
    kept(question, data) {
      if (!data || typeof data !== "object") return null;
      return someRows(Object.fromEntries(question.rows.map(({ id }) => [id, own(data, id)])
        .filter(([, code]) => optionOf(question, code))));
    },
    posted: ({ id }, given) =>
      Object.fromEntries(Object.entries(given).map(([row, code]) => [`${id}.${row}`, [code]])),
    lacks(journey, question, value, visible) {
      if (!question.required) return [];
      const lacking = rowsOf(question, visible).filter(({ id }) => !own(value || {}, id));
      return faults(question,
        ...lacking.map(({ id }) => [`${question.id}.${id}`, question.required])).errors;
    },
    stillOffered(question, given, visible) {
      const options = offered(question, visible), rows = rowsOf(question, visible);
      return someRows(without(given, (row) =>
        !rows.some(({ id }) => id === row) || !hasCode(options, given[row])));
    },
    // The rows just read, and those answered before that are hidden now: they may come back.
    drafted(question, value, before, visible) {
      const isRead = (row) => rowsOf(question, visible).some(({ id }) => id === row);
      return someRows({ ...without(before || {}, isRead), ...value });
    },
    reviewed: (journey, question, given, visible) =>
      question.rows.filter(({ id }) => own(given, id)).map(({ id, label }) =>
        [words(journey, label, visible), say(journey, "colon"), " ",
          labelOf(journey, question, given[id], visible)].join("")),
  },

  scale: {
    ...ANY,
    answered(journey, question, fields) {
      const [step, more] = valuesIn(fields, question.id);
      if (more) return wrong(question, say(journey, "one_answer"));
      if (!step) return found();
      if (step === OPT_OUT && question.opt_out) return found(OPT_OUT);
      const value = isStep(question, Number(step)) && String(Number(step)) === step;
      return value ? found(Number(step)) : wrong(question, say(journey, "not_offered"));
    },
    kept(question, data) {
      if (data === OPT_OUT) return question.opt_out ? OPT_OUT : null;
      return typeof data === "number" && isStep(question, data) ? data + 0 : null;
    },
    reviewed: (journey, question, answer, visible) =>
      [answer === OPT_OUT ? words(journey, question.opt_out, visible) : showNumber(journey, answer)],
    quote: (journey, question, answer) =>
      answer === OPT_OUT ? question.opt_out : showNumber(journey, answer),
  },

  rank: {
    ...ANY,
    field: ({ id }) => `${id}.1`,
    answered(journey, question, fields, visible) {
      const options = offered(question, visible), ranked = [], said = [];
      const places = Array.from({ length: Math.min(question.top, options.length) }, (_, at) => at + 1);
      const given = places.map((place) => valueIn(fields, `${question.id}.${place}`));
      while (given.length && !given[given.length - 1]) given.pop();
      given.forEach((code, at) => {
        const option = hasCode(options, code) && optionOf(question, code);
        const message = !code ? say(journey, "gap", { place: at + 1 })
          : !option ? say(journey, "not_offered")
          : ranked.includes(code) ? say(journey, "ranked",
            { option: quoted(journey, option), rank: ranked.indexOf(code) + 1 }) : "";
        if (message) said.push([`${question.id}.${at + 1}`, message]);
        ranked.push(code);
      });
      return said.length ? faults(question, ...said) : found(listed(ranked));
    },
    kept(question, data) {
      const codes = knownCodes(question, data);
      return codes.length <= question.top ? listed(codes) : null;
    },
    posted: ({ id }, codes) =>
      Object.fromEntries(codes.map((code, at) => [`${id}.${at + 1}`, [code]])),
    reviewed: (journey, question, codes, visible) =>
      codes.map((code, at) => `${at + 1}. ${labelOf(journey, question, code, visible)}`),
  },

  number: {
    ...ANY,
    answered(journey, question, fields) {
      const typed = cleanLine(valueIn(fields, question.id)), { decimals = 0 } = question;
      if (!typed) return found();
      const written = readNumber(typed);
      const fewer = decimals > 1 ? "decimals" : decimals ? "one_decimal" : "not_whole";
      const message = !written
        ? say(journey, "not_a_number", { example: decimals ? showNumber(journey, 3.5) : 12 })
        : written.decimals > decimals ? say(journey, fewer, { count: inWords(journey, decimals) })
        : within(question, written.value) ? "" : outside(journey, question);
      return message ? wrong(question, message) : found(written.value);
    },
    kept(question, data) {
      const known = typeof data === "number" && Math.abs(data) < 10 ** MOST_DIGITS
        && Number(data.toFixed(question.decimals || 0)) === data && within(question, data);
      return known ? data + 0 : null;
    },
    posted: ({ id }, value) => ({ [id]: [typedNumber(value)] }),
    reviewed: (journey, { unit }, value, visible) =>
      [showNumber(journey, value) + (unit ? ` ${words(journey, unit, visible)}` : "")],
    quote: (journey, question, value) => showNumber(journey, value),
  },

  date: {
    ...ANY,
    field: (question) => `${question.id}.${PARTS[question.precision][0]}`,
    answered(journey, question, fields) {
      const parts = PARTS[question.precision];
      const typed = parts.map((part) => cleanLine(valueIn(fields, `${question.id}.${part}`)));
      if (!typed.some(Boolean)) return found();
      const ill = parts.filter((part, at) => !PART_TYPED[part].test(typed[at]));
      if (ill.length) {
        return faults(question,
          ...ill.map((part) => [`${question.id}.${part}`, say(journey, `not_a_${part}`)]));
      }
      const written = typed.reverse().map((number) => number.padStart(2, "0")).join("-");
      const message = !isDate(written, question.precision) ? say(journey, "shorter_month")
        : admits(question, written) ? "" : outsideDates(journey, question);
      return message ? wrong(question, message, this.field(question)) : found(written);
    },
    kept: (question, data) => typeof data === "string" && isDate(data, question.precision)
      && admits(question, data) ? data : null,
    posted: ({ id }, answer) => Object.fromEntries(answer.split("-")
      .map((number, at) => [`${id}.${["year", "month", "day"][at]}`, [String(Number(number))]])),
    reviewed: (journey, question, answer) => [showDate(journey, answer)],
  },

  text: writtenWith(cleanLine),
  longtext: writtenWith(cleanText),

  info: { ...ANY, answered: () => found(), kept: () => null, posted: () => ({}), lacks: () => [] },
};

const kindOf = ({ kind }) => KINDS[kind];
const asks = ({ kind }) => kind !== "info";
const someRows = (value) => Object.keys(value).length ? value : null;
const isStep = ({ start, stop }, step) => Number.isInteger(step) && step >= start && step <= stop;

function outside(journey, { min, max }) {
  const [low, high] = [min, max].map((bound) => bound === undefined ? "" : showNumber(journey, bound));
  return say(journey, low && high ? "between" : low ? "at_least" : "at_most", { low, high });
}

function admits({ min, max, precision }, written) {
  const [low, high] = [min, max].map((bound) => shorten(bound, precision));
  return low <= written && (!high || written <= high);
}

function outsideDates(journey, { min, max, precision }) {
  const article = precision === "day" ? say(journey, "the_day") : "";
  const [low, high] = [min, max].map((bound) =>
    bound && article + showDate(journey, shorten(bound, precision)));
  return say(journey, low && high ? "date_between" : low ? "not_before" : "not_after", { low, high });
}

// The fields of a form that give what these answers hold of a question, its precision included.
function inForm(question, answers) {
  const answer = own(answers, question.id), other = own(answers, `${question.id}.other`);
  return { ...(answer === undefined ? {} : kindOf(question).posted(question, answer)),
    ...(typeof other === "string" ? { [`${question.id}.other`]: [other] } : {}) };
}

// What is visible: pages and questions in document order, and their answers. Hiding cascades.

function walk(journey, answers) {
  const { rules, audience, walks } = journey;
  if (walks.has(answers)) return walks.get(answers);
  const questions = new Map(), visible = { audience };
  for (const page of rules.pages) {
    if (!isShown(page, visible)) continue;
    const shown = [];
    for (const question of page.questions) {
      if (!isShown(question, visible)) continue;
      shown.push(question);
      keepVisible(question, answers, visible);
    }
    if (shown.length) questions.set(page, shown);
  }
  walks.set(answers, { questions, visible });
  return walks.get(answers);
}

function offeredStill(question, answers, visible) {
  const { id, options = [], rows = [] } = question, answer = own(answers, id) ?? null;
  const conditional = [...options, ...rows].some(({ show_if }) => show_if);
  return conditional && answer !== null ? kindOf(question).stillOffered(question, answer, visible)
    : answer;
}

function keepVisible(question, answers, visible) {
  const answer = offeredStill(question, answers, visible);
  if (answer === null) return;
  const name = `${question.id}.other`, typed = own(answers, name);
  if (typed && chosenOther(question, answer)) visible[name] = typed;
  visible[question.id] = answer;
}

const visibleIn = (journey, state) => walk(journey, state.answers).visible;
const askedOn = (journey, page, answers) =>
  (walk(journey, answers).questions.get(page) || []).filter(asks);

// What a page asks: its questions and the rows of its grids.
function tokensOf(journey, page, answers) {
  const { visible } = walk(journey, answers);
  return askedOn(journey, page, answers).flatMap((question) =>
    [question.id, ...rowsOf(question, visible).map(({ id }) => `${question.id}.${id}`)]);
}

// A journey begins

// Whoever has this seed has these orders: each lot is drawn once, the rest is synchronous.
async function lotsOf({ pages }, seed) {
  if (!seed) return null;
  const names = pages.flatMap(({ id, shuffle, questions }) => [
    ...(shuffle ? [`${shuffle}/${id}`] : []),
    ...questions.filter(({ random }) => random).flatMap((question) =>
      question.options.map(({ code }) => `${question.id}/${code}`))]);
  return new Map(await Promise.all(names.map(async (name) => {
    const lot = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${seed}/${name}`));
    return [name, String.fromCharCode(...new Uint8Array(lot))];
  })));
}

// Campaigns whose orders are drawn otherwise keep their form pages: their rules are refused.
export async function begin(rules, audience, seed) {
  const questions = rules.pages.flatMap((page) => page.questions);
  const isKnown = questions.every((question) => kindOf(question));
  if (rules.format !== FORMAT || rules.drawing !== DRAWING || !isKnown) throw new Error("unknown rules");
  const byId = new Map(questions.map((question) => [question.id, question]));
  return { rules, audience, byId, lots: await lotsOf(rules, seed), walks: new WeakMap() };
}

// The pages to show, in this respondent's order.
export function pagesOf(journey, { answers }) {
  const pages = [...walk(journey, answers).questions.keys()];
  const drawn = new Map(pages.map(({ shuffle }) =>
    [shuffle, draw(journey, pages.filter((page) => page.shuffle === shuffle), shuffle, "id")]));
  return pages.map((page) => page.shuffle ? drawn.get(page.shuffle).shift() : page);
}

// The page everyone of this order begins with.
export const first = (journey) => pagesOf(journey, { answers: {} })[0];

// This page, or the first one when an answer has hidden it.
export function visiblePage(journey, page, state) {
  const pages = pagesOf(journey, state);
  return pages.includes(page) ? page : pages[0];
}

// Answers kept for later, read back: what does not fit the rules is dropped.
export function kept(journey, data) {
  const answers = {};
  for (const [id, question] of journey.byId) {
    const given = own(data, id);
    const value = given === undefined ? null : kindOf(question).kept(question, given, journey);
    if (value !== null) answers[id] = value;
    const other = chosenOther(question, value), typed = own(data, `${id}.other`);
    const clean = other && typeof typed === "string" ? cleanLine(typed) : "";
    if (clean && lengthOf(clean) <= other.other) answers[`${id}.other`] = clean;
  }
  return answers;
}

// A page is read as it was sent

function readQuestions(journey, page, fields, answers, visible) {
  const errors = [], draft = { ...answers };
  for (const question of page.questions) {
    if (!isShown(question, visible)) continue;
    const kind = kindOf(question), read = kind.answered(journey, question, fields, visible);
    const faulty = read.errors.map(({ field }) => field);
    errors.push(...read.errors);
    if (!faulty.length || question.rows) {
      const lacking = kind.lacks(journey, question, read.value, visible);
      errors.push(...lacking.filter(({ field }) => !faulty.includes(field)));
    }
    for (const [name, value] of [[question.id, read.value], [`${question.id}.other`, read.other]]) {
      delete draft[name];
      if (value !== null && value !== "") visible[name] = draft[name] = value;
    }
    const drafted = kind.drafted(question, read.value, own(answers, question.id), visible);
    if (drafted !== null) draft[question.id] = drafted;
  }
  return { errors, draft };
}

const owns = (page, name) => page.questions.some(({ id }) => id === ownerOf(name));

// The reading of a page: { sent, state, errors, added, warnings }; complete without the last three.
export function read(journey, page, sent, state) {
  const reading = { sent, state, errors: [], added: 0, warnings: [] };
  if (!pagesOf(journey, state).includes(page)) return reading;
  const fields = { ...notShown(page, sent.shown, state), ...sent.fields };
  const before = without(visibleIn(journey, state), (name) => owns(page, name));
  const { errors, draft } = readQuestions(journey, page, fields, state.answers, before);
  reading.sent = { ...sent, fields };
  reading.state = { ...state, answers: draft, typed: without(state.typed, (name) => owns(page, name)) };
  const added = tokensOf(journey, page, draft).filter((token) => !sent.shown.includes(token));
  if (!errors.length && !added.length) {
    return { ...reading, warnings: warningsOf(journey, page, reading) };
  }
  const isNew = ({ question, field }) => added.includes(question) || added.includes(field);
  return { ...reading, errors: errors.filter((error) => !isNew(error)),
    added: added.filter((token) => !token.includes(".")).length || added.length };
}

export const isComplete = ({ errors, added, warnings }) => !errors.length && !added && !warnings.length;

// Earlier answers to what the page did not show: they come back if their question does.
function notShown(page, shown, { answers }) {
  return Object.assign({}, ...page.questions.map((question) => without(inForm(question, answers),
    (name) => shown.includes(question.id) && (!question.rows || shown.includes(name)))));
}

// What the page's checks find, and the questions worth an answer: each is said once.
function warningsOf(journey, page, { sent: { warned }, state }) {
  const visible = visibleIn(journey, state), said = [];
  (page.checks || []).forEach(({ warn_if, message }, place) => {
    if (!warned.includes(String(place)) && holds(warn_if, visible)) said.push([String(place), message]);
  });
  if (!warned.includes(REMINDED)) {
    for (const { id, reminder } of askedOn(journey, page, state.answers)) {
      if (reminder && own(visible, id) === undefined) said.push([REMINDED, reminder]);
    }
  }
  return said.map(([number, message]) => [number, words(journey, message, visible)]);
}

// The checks whose warning has been given, this time included.
export const warnedOf = ({ sent, warnings }) =>
  [...new Set([...sent.warned, ...warnings.map(([number]) => number)])].sort();

// The state with everything typed on this page, readable or not.
export function keep(journey, page, sent, state) {
  const reading = read(journey, page, sent, state);
  const unread = reading.errors.map(({ question }) => question);
  const typed = Object.entries(reading.sent.fields).filter(([name, values]) =>
    unread.includes(ownerOf(name)) && values.some(Boolean));
  return { ...reading.state, typed: { ...reading.state.typed, ...Object.fromEntries(typed) } };
}

// The page as sent, over answers given since it was shown: what it left alone is theirs.
export function rebased(journey, page, sent, base, latest) {
  let { fields } = sent;
  for (const question of page.questions) {
    const isIts = (name) => ownerOf(name) === question.id;
    const its = without(fields, (name) => !isIts(name));
    if (filled(its) !== filled(shownForm(journey, question, base))) continue;
    fields = { ...without(fields, isIts), ...shownForm(journey, question, latest) };
  }
  return { ...sent, fields };
}

// What a page holds of a question: neither options nor rows that are hidden.
function shownForm(journey, question, state) {
  const { answers } = state, answer = offeredStill(question, answers, visibleIn(journey, state));
  if (answer !== null) return inForm(question, { ...answers, [question.id]: answer });
  return own(answers, question.id) === undefined ? inForm(question, answers) : {};
}

const filled = (fields) => JSON.stringify(Object.keys(fields).sort().flatMap((name) => {
  const values = fields[name].filter(Boolean).map((value) => value.replace(/\r\n/g, "\n"));
  return values.length ? [name, [...new Set(values)].sort()] : [];
}));

// From page to page

// The page that follows, or null when it is time to review; and the state to carry.
export function after(journey, page, before, state) {
  const pages = pagesOf(journey, state);
  if (!state.reviewing) return [pages[pages.indexOf(page) + 1] || null, state];
  const changed = pages.filter((one) => {
    const known = tokensOf(journey, one, before.answers);
    return tokensOf(journey, one, state.answers).some((token) => !known.includes(token));
  });
  const todo = pages.filter((one) =>
    one !== page && (state.todo.includes(one.id) || changed.includes(one)));
  return [todo[0] || null, { ...state, todo: todo.map(({ id }) => id) }];
}

// The page that precedes, or the first one.
export function before(journey, page, state) {
  const pages = pagesOf(journey, state);
  return pages[Math.max(pages.indexOf(page) - 1, 0)];
}

function held(page, { answers, typed }) {
  const fields = Object.assign({}, ...page.questions.map((question) => inForm(question, answers)));
  return { ...fields, ...without(typed, (name) => !owns(page, name)) };
}

// The page as it is shown: when arriving on it, or again with its reading.
export function sheet(journey, page, state, reading) {
  const { visible, questions } = walk(journey, state.answers), pages = pagesOf(journey, state);
  const step = pages.indexOf(page) + 1;
  return { page, visible, step: Math.max(step, 1), steps: pages.length,
    title: words(journey, page.title, visible), intro: words(journey, page.intro, visible),
    next: words(journey, pages[step]?.title, visible),
    asked: questions.get(page) || [], shown: tokensOf(journey, page, state.answers).sort(),
    fields: reading ? reading.sent.fields : held(page, state) };
}

// What will be stored, page by page, for its author to read again.
export function review(journey, state) {
  const visible = visibleIn(journey, state);
  return pagesOf(journey, state).map((page) => ({ page, title: words(journey, page.title, visible),
    lines: askedOn(journey, page, state.answers).map((question) => {
      const answer = own(visible, question.id), kind = kindOf(question);
      return { label: words(journey, question.text, visible), note: kind.note(journey, question),
        values: answer === undefined ? [] : kind.reviewed(journey, question, answer, visible) };
    }) }));
}

// The first page that cannot be stored as it is, read as if it had just been sent; or null.
export function unfinished(journey, state) {
  const pages = pagesOf(journey, state);
  const readAgain = (page) => read(journey, page,
    { fields: held(page, state), shown: tokensOf(journey, page, state.answers), warned: [] }, state);
  for (const page of pages) {
    const reading = readAgain(page);
    if (reading.errors.length) return [page, reading];
  }
  if (Object.keys(visibleIn(journey, state)).length > 1) return null;
  const page = pages.find((one) => askedOn(journey, one, state.answers).length) || pages[0];
  return [page, refuseNothing(journey, page, readAgain(page))];
}

// The same reading, in error when the page holds no answer at all.
export function refuseNothing(journey, page, reading) {
  const { answers } = reading.state, given = Object.keys(answers).map(ownerOf);
  const asked = askedOn(journey, page, answers), isGiven = asked.some(({ id }) => given.includes(id));
  if (reading.errors.length || !asked.length || isGiven) return reading;
  return { ...reading, errors: wrong(asked[0], say(journey, "nothing_answered")).errors, warnings: [] };
}

// What is written for ever: visible answers only, generalised where the question says so.
export function stored(journey, state) {
  const { audience, ...answers } = visibleIn(journey, state);
  for (const [id, { store, options }] of journey.byId) {
    if (!store || own(answers, id) === undefined) continue;
    answers[id] = optionOf({ options }, answers[id]).stored;
    delete answers[`${id}.other`];
  }
  return answers;
}
