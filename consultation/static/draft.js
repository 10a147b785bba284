// What this browser keeps of the page on the screen, so that nothing typed is lost: the credential
// and the answers so far when it is shown, then what is typed, as it is typed.
import { $, add, said, submit } from "./consultation.js";

const PAUSE = 800, DOUBLE = 2000;
const hidden = (form) => [...form.querySelectorAll("[type=hidden]")];
const fieldsOf = (form) => Object.fromEntries(hidden(form).map(({ name, value }) => [name, value]));

// `begun`: the form holds a credential. Beside the record, under a dot, what is typed here.
export async function follow(form, keeper, begun) {
  const at = form.getAttribute("data-resume") || form.getAttribute("action");
  const { m, s, script, ...fields } = fieldsOf(form);
  if (script) return;
  // Found again with « Back », or loaded again, a page that was sent is not sent again: its address
  // leads to where one resumes.
  history.replaceState(null, "", location.href);
  if (begun) {
    const record = await keeper.load();
    await keeper.save({ ...record, m, s, fields, at });
    // Sent from another tab, or lost: the server tells which.
    if (!record.m) return showAgain(form, at);
  }
  const typed = await keeper.load("."), early = changed(form);
  if (typed.at === at) fill(form, typed.fields, early);
  else keeper.wipe(".");
  keepTyping(form, keeper, at, early.size);
  sendOnce(form);
  const again = form.getAttribute("data-again");
  // The urn was suspended: a person may press the button before.
  if (again) setTimeout(() => HTMLFormElement.prototype.requestSubmit?.call(form), again * 1000);
  if (begun) await sendTheLatest(form, keeper);
}

function showAgain(form, at) {
  form.setAttribute("action", at);
  submit(add(form, { action: "afficher" }));
}

// Typing

function typedIn(form) {
  const ours = new Set(hidden(form).map(({ name }) => name));
  return [...new FormData(form)].filter(([name]) => !ours.has(name));
}

function keepTyping(form, keeper, at, already) {
  const told = $("_garde");
  let timer, over = false, last = Promise.resolve();
  const say = () => {
    if (told) told.textContent ||= sessionStorage.shared ? said("Gardé dans cet onglet.") : said("Enregistré sur cet appareil.");
  };
  const busy = (now) => told?.setAttribute("aria-busy", now);
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    if (over) return;
    busy(true);
    const mine = last = last.then(() => keeper.save({ at, fields: typedIn(form) }, ".")).then(say, () => {})
      .then(() => { if (mine === last) busy(false); });
  };
  form.addEventListener("change", save);
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, PAUSE); });
  addEventListener("visibilitychange", () => { if (timer) save(); });
  if (already) save();
  // Nothing more is to be kept.
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== keeper.name || newValue) return;
    over = true;
    $("_attente").textContent = said("Un autre onglet a terminé : ce que vous changez ici ne sera pas ajouté.");
  });
}

const isBox = ({ type }) => type === "radio" || type === "checkbox";
const controls = (form) =>
  [...form.querySelectorAll("input, select, textarea")].filter(({ type }) => type !== "hidden");

// What was answered before this script came, on a slow network: it is newer than what was kept.
function changed(form) {
  return new Set(controls(form).filter((one) => isBox(one) ? one.checked !== one.defaultChecked
    : one.options ? one.selectedIndex && !one.selectedOptions[0].defaultSelected
    : one.value !== one.defaultValue).map(({ name }) => name));
}

function fill(form, fields, early) {
  controls(form).forEach((one) => { if (isBox(one) && !early.has(one.name)) one.checked = false; });
  // In the order of the page: an answer may add the next question.
  for (const [name, value] of fields.filter(([name]) => !early.has(name))) {
    const found = controls(form).filter((one) => one.name === name);
    const box = found.find((one) => isBox(one) && one.value === value);
    const control = box || found.find((one) => !isBox(one));
    if (box) box.checked = true;
    else if (control) control.value = value;
    control?.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

// Sending

const isSubmit = (form, work) => form.addEventListener("submit", work, true);

function sendOnce(form) {
  const away = $("_panne");
  let busy = 0;
  isSubmit(form, (event) => {
    const now = Date.now(), offline = navigator.onLine === false;
    if (away) away.hidden = !offline;
    if (!offline && now - busy > DOUBLE) busy = now;
    else {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  });
  addEventListener("online", () => { if (away) away.hidden = true; });
  addEventListener("pageshow", () => { busy = 0; });
}

// Another tab, or what came after a page found again with « Back », may hold answers that this form
// does not: they go with it, and the server puts them together.
async function sendTheLatest(form, keeper) {
  const own = fieldsOf(form).answers, review = form.getAttribute("data-resume");
  let latest = own;
  const look = async () => {
    const { answers } = (await keeper.load()).fields || {};
    latest = answers || own;
    if (review && latest !== own) {
      $("_attente").textContent = said("Vos réponses ont changé dans un autre onglet : elles vous seront montrées avant d’être envoyées.");
    }
  };
  addEventListener("storage", ({ key }) => { if (key === keeper.name) look(); });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) look(); });
  isSubmit(form, (event) => {
    if (latest === own) {
      if (review && !event.submitter?.hasAttribute("formaction")) noteSent(event, form, keeper, own);
      return;
    }
    add(form, { "answers.latest": latest });
    if (!review) return;
    // What is sent for ever was read before: it is shown again first.
    form.setAttribute("action", review);
    add(form, { action: "autre-onglet" });
  });
}

// The first answers sent are those that count, even if nobody could say that they had arrived.
function noteSent(event, form, keeper, sent) {
  event.preventDefault();
  const again = () => submit(form);
  keeper.load().then((record) => record.m && keeper.save({ sent, ...record })).then(again, again);
}
