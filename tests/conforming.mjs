// Plays the cases of the conformance files by the script: tests/conforming.py does so by the server.
import { readFileSync } from "node:fs";
import * as survey from "./survey.js";

const errorsOf = ({ errors }) => errors.map(({ field, message }) => ({ field, message }));
const byId = (questions, what) => Object.fromEntries(questions.map((one) => [one.id, what(one)]));

// As much of what is told as is expected, question by question.
const askedFor = (told, expected) => Object.fromEntries(Object.entries(expected).map(([key, value]) =>
  [key, value.constructor === Object
    ? Object.fromEntries(Object.keys(value).map((name) => [name, told[key][name]])) : told[key]]));

function sheetOf(journey, page, state) {
  const { asked, visible, ...sheet } = survey.sheet(journey, page, state);
  const said = (text) => survey.words(journey, text, visible);
  return { ...sheet, questions: asked.map(({ id }) => id),
    texts: byId(asked, ({ text }) => said(text)), hints: byId(asked, ({ hint }) => said(hint)),
    options: byId(asked, (question) => question.kind === "scale"
      ? [...steps(question), ...(question.opt_out ? ["opt_out"] : [])]
      : survey.inOrder(journey, question, visible).map(({ code }) => code)),
    rows: byId(asked, ({ id, rows = [] }) => rows.map((row) => row.id)
      .filter((row) => sheet.shown.includes(`${id}.${row}`))) };
}

function steps({ start, stop }) {
  return Array.from({ length: stop - start + 1 }, (_, at) => String(start + at));
}

async function plays(rules, given) {
  const journey = await survey.begin(rules, given.audience || "agents", given.seed || "");
  const pageOf = (id) => rules.pages.find((page) => page.id === id);
  let state = { answers: survey.kept(journey, given.found || {}), typed: {}, reviewing: false, todo: [] };
  let again = null;
  const posts = given.posts.map((post) => {
    const page = pageOf(post.page), warned = again?.page === page ? again.warned : [];
    const { shown } = survey.sheet(journey, page, state);
    const reading = survey.read(journey, page, { fields: post.fields, shown, warned }, state);
    again = survey.isComplete(reading) ? null : { page, warned: survey.warnedOf(reading) };
    state = reading.state;
    const said = { errors: errorsOf(reading), added: reading.added,
      warnings: reading.warnings.map(([, message]) => message) };
    return { ...post, ...Object.fromEntries(Object.entries(said).filter(([name, value]) =>
      name in post || (Array.isArray(value) ? value.length : value))) };
  });
  const left = survey.unfinished(journey, state);
  const lines = Object.assign({}, ...survey.review(journey, state).map(({ page, lines: told }) =>
    byId(survey.sheet(journey, page, state).asked.filter(({ kind }) => kind !== "info"), () => told.shift().values)));
  const endings = {
    pages: () => survey.pagesOf(journey, state).map(({ id }) => id),
    sheets: (expected) => Object.fromEntries(Object.entries(expected).map(([id, one]) =>
      [id, askedFor(sheetOf(journey, pageOf(id), state), one)])),
    review: (expected) => Object.fromEntries(Object.keys(expected).map((name) => [name, lines[name]])),
    draft: () => state.answers,
    unfinished: () => left && { page: left[0].id, errors: errorsOf(left[1]) },
    stored: () => survey.stored(journey, state),
  };
  return { posts, ...Object.fromEntries(Object.keys(endings).filter((name) => name in given)
    .map((name) => [name, endings[name](given[name])])) };
}

const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await Promise.all(asked.map(([rules, given]) =>
  plays(rules, given).catch((error) => String(error))))));
