// Where a code arrives, by a link or typed, and leads to its consultation.
import { $, add, ask, fail, lang, recordOf, submit, takeUp, told } from "./consultation.js";

// Most are whole: what else may be a code is only read when it comes.
const WHOLE = /^[0-9A-HJKMNP-TV-Z]{26}$/;

async function codeIn(text, before = "") {
  const bare = text.replace(/-/g, "");
  return WHOLE.test(bare) ? bare : (await import("./codes.js")).codeIn(before + text);
}

// A link within the page is no code.
const leadsAway = () => location.hash && !$(location.hash.slice(1));

async function codeInAddress() {
  // Gateways rewrite « # ».
  const [path, rewritten] = location.pathname.split(/%(?:25)*23/);
  const fragment = rewritten || leadsAway() && location.hash.slice(1);
  if (fragment) history.replaceState(null, "", path + location.search);
  return fragment && codeIn(fragment, "/#");
}

export async function land(form, capable) {
  const field = $("code");
  addEventListener("hashchange", () => leadsAway() && location.reload());
  field.value = await codeInAddress() || field.value;
  if (!capable) return;
  field.value ||= sessionStorage.code || "";
  // Another language must not lose the code.
  for (const link of document.querySelectorAll("a[hreflang]")) link.onclick = () => { link.hash = field.value; };
  $("partage").hidden = false;
  const code = form.dataset.landing && field.value && await codeIn(field.value);
  if (code) await offerToResume(form, code);
}

// Refused, the page stays and the field keeps what it holds.
export function enter(form) {
  const field = $("code"), again = (error) => { field.focus(); throw error; };
  return lead(form, field.value).catch(again);
}

async function lead(form, typed) {
  const { unknown } = form.dataset;
  const code = await codeIn(typed) || fail(unknown), question = JSON.stringify({ code });
  if ($("poste").checked) sessionStorage.shared = 1;
  if (code.length === 32) return moveIn(code);
  // The form leads to the roll's server.
  const desk = new URL("/guichet/", form.action), known = await ask(desk + "ou", question);
  const { refused, [lang]: why = refused, campaign, audience } = await known.json();
  if (!campaign) fail(refused && known.status === 404 ? unknown : why);
  sessionStorage.code = code;
  const landing = `/q/${campaign}/${audience}`;
  if ((await (await recordOf(code)).load()).m) return location.assign(landing);
  const state = await (await ask(`${desk + campaign}/${audience}/etat`, question)).json();
  if (state.state === "new") return location.assign(landing + "/commencer" + location.search);
  // The answer is the page of this refusal, or what was begun without a script; never a beginning.
  if (!state.state && !state.refused) fail();
  submit(add(form, { script: 1 }));
}

async function offerToResume(form, code) {
  const keeper = await recordOf(code), record = await keeper.load();
  if (!record.m) return;
  sessionStorage.code = code;
  $("reprise").hidden = false;
  form.hidden = true;
  const start = () => location.assign(form.dataset.landing + "/commencer" + location.search);
  $("reprendre").onclick = () => record.at ? takeUp(record) : start();
  $("recommencer").onclick = async () => {
    // The credential stays: there will be no other.
    await keeper.save({ ...record, at: "", fields: {} });
    keeper.wipe(".");
    start();
  };
}

// From another device: the box that only this code opens.
async function moveIn(code) {
  const there = await recordOf(code);
  const answer = await ask("/q/ailleurs", JSON.stringify({ id: there.name }));
  const record = await there.open(await told(answer, "box"));
  sessionStorage.code = record.code;
  await (await recordOf(record.code)).save(record);
  takeUp(record);
}
