// Goes again, by the script, through what respondents did: says what it shows, finds and stores.
import { readFileSync } from "node:fs";
import * as survey from "./survey.js";

const pageOf = ({ rules }, id) => rules.pages.find((page) => page.id === id);
const told = ({ errors, added, warnings, ...reading }) => [
  errors.map(({ question, field, message }) => [question, field, message]),
  added, warnings, survey.warnedOf({ warnings, ...reading }), stateOf(reading.state)];
const stateOf = ({ answers, typed, reviewing, todo }) => [answers, typed, reviewing, todo];
const shownTo = (journey, page, state, reading) => {
  const { visible, asked, ...sheet } = survey.sheet(journey, page, state, reading);
  return [page.id, sheet.title, sheet.intro, sheet.step, sheet.steps, sheet.next, sheet.shown, sheet.fields,
    asked.map((question) => [question.id, survey.words(journey, question.text, visible),
      survey.inOrder(journey, question, visible).map(({ code }) => code)])];
};

function goes(journey, { begins, acts }) {
  let state = { answers: survey.kept(journey, begins), typed: {}, reviewing: false, todo: [] };
  let page = survey.first(journey), base = state;
  const seen = [[stateOf(state), page.id]];
  for (const { act, to, ...sent } of acts) {
    const earlier = state;
    if (act === "review") state = { ...state, reviewing: true };
    if (to) page = act === "hidden" ? pageOf(journey, to) : survey.visiblePage(journey, pageOf(journey, to), state);
    seen.push([act, shownTo(journey, page, state)]);
    const posted = act === "rebase" ? survey.rebased(journey, page, sent, base, state) : sent;
    if (act === "back") {
      state = survey.keep(journey, page, posted, state);
      page = survey.before(journey, page, state);
      seen.push([page.id, stateOf(state)]);
      continue;
    }
    let reading = survey.read(journey, page, posted, state);
    if (act === "begin") reading = survey.refuseNothing(journey, page, reading);
    base = state;
    state = reading.state;
    seen.push([survey.isComplete(reading), told(reading)], shownTo(journey, page, state, reading));
    if (!survey.isComplete(reading)) continue;
    const [next, carried] = survey.after(journey, page, earlier, state);
    state = carried;
    seen.push([next && next.id, stateOf(state)]);
    page = next || survey.first(journey);
  }
  const left = survey.unfinished(journey, state);
  return [...seen,
    survey.review(journey, state).map((section) => [section.page.id, section.title,
      section.lines.map(({ label, values, note }) => [label, values, note])]),
    left && [left[0].id, told(left[1])],
    survey.pagesOf(journey, state).map(({ id }) => id), survey.stored(journey, state)];
}

const asked = JSON.parse(readFileSync(0, "utf8"));
const said = await Promise.all(asked.map(async ([rules, audience, seed, respondent]) =>
  goes(await survey.begin(rules, audience, seed), respondent)));
console.log(JSON.stringify(said));
