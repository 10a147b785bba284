// The browser's part: blind signature (RFC 9474, RSABSSA-SHA384-PSS-Randomized), encrypted draft.
// Without it every page works as a plain form.
const $ = (id) => document.getElementById(id);
const { subtle } = self.crypto || {}, { lang } = document.documentElement;
const HASH = 48, TRIES = 5;

const random = (size) => crypto.getRandomValues(new Uint8Array(size));
const utf8 = (text) => new TextEncoder().encode(text);
const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const toWire = (bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const fromWire = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const toInt = (bytes) => BigInt("0x" + hex(bytes));
const intOf = (text) => toInt(fromWire(text));
const toBytes = (number, size) =>
  Uint8Array.from(number.toString(16).padStart(2 * size, "0").match(/../g), (pair) => "0x" + pair);

function power(base, exponent, n) {
  let result = 1n;
  for (; exponent; exponent >>= 1n, base = base * base % n) if (exponent & 1n) result = result * base % n;
  return result;
}

function inverse(number, n) {
  let [a, b, x, y] = [number, n, 1n, 0n];
  while (b) [a, b, x, y] = [b, a % b, y, x - a / b * y];
  return (x + n) % n;
}

// Blind signature

const sha384 = async (bytes) => new Uint8Array(await subtle.digest("SHA-384", bytes));

async function encode(message, salt, size) {
  const digest = await sha384(join(new Uint8Array(8), await sha384(message), salt));
  const block = join(new Uint8Array(size - HASH - 2 - salt.length), [1], salt);
  for (let at = 0; at < block.length; at += HASH) {
    const mask = await sha384(join(digest, [0, 0, 0, at / HASH]));
    mask.slice(0, block.length - at).forEach((byte, index) => { block[at + index] ^= byte; });
  }
  // A modulus has a multiple of 8 bits.
  block[0] &= 127;
  return join(block, digest, [188]);
}

// The parameters are only ever given by tests: those of the RFC's vectors.
async function blind(key, message = random(64), salt = random(HASH), r = 0n) {
  const n = intOf(key.n), size = fromWire(key.n).length;
  r ||= toInt(random(size + 16)) % (n - 1n) + 1n;
  const encoded = toInt(await encode(message, salt, size));
  const wire = (number) => toWire(toBytes(number, size));
  return {
    // Prefix and message together.
    m: toWire(message),
    blinded: wire(encoded * power(r, intOf(key.e), n) % n),
    inverse: wire(inverse(r, n)),
  };
}

async function finalize({ n, e }, record, signature) {
  const signed = intOf(signature) * intOf(record.inverse) % intOf(n);
  const bytes = toBytes(signed, fromWire(n).length);
  const pss = { name: "RSA-PSS", hash: "SHA-384", saltLength: HASH };
  const key = await subtle.importKey("jwk", { kty: "RSA", n, e }, pss, false, ["verify"]);
  if (!await subtle.verify(pss, key, bytes, fromWire(record.m))) {
    garbled();
  }
  return toWire(bytes);
}

// The record: what this browser keeps until the answers are sent, encrypted under the code

async function recordOf(code) {
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8("record") };
  const secret = await subtle.importKey("raw", utf8(code), "HKDF", false, ["deriveBits"]);
  // A name, then a key: neither tells the other.
  const bits = new Uint8Array(await subtle.deriveBits(hkdf, secret, 512));
  const key = await subtle.importKey("raw", bits.slice(32), "AES-GCM", false, ["encrypt", "decrypt"]);
  const name = toWire(bits.slice(0, 32)), stores = [sessionStorage, localStorage];
  const cipher = (work, iv, bytes) => subtle[work]({ name: "AES-GCM", iv }, key, bytes);
  const keeper = {
    name,
    async seal(record) {
      const bytes = utf8(JSON.stringify(record)), iv = random(12);
      // Padded, a length tells little.
      const padding = utf8(" ".repeat(-bytes.length & 16383));
      return toWire(join(iv, new Uint8Array(await cipher("encrypt", iv, join(bytes, padding)))));
    },
    async open(box) {
      const bytes = fromWire(box), text = await cipher("decrypt", bytes.slice(0, 12), bytes.slice(12));
      return JSON.parse(new TextDecoder().decode(text));
    },
    async load(of = "") {
      const kept = stores.map((store) => store.getItem(name + of)).find(Boolean);
      return kept ? keeper.open(kept).catch(() => ({})) : {};
    },
    // Beside the record, under its name and a dot, what is being typed.
    save: async (record, of = "") =>
      stores[sessionStorage.shared ? 0 : 1].setItem(name + of, await keeper.seal(record)),
    wipe: (...parts) => stores.forEach((store) => parts.forEach((of) => store.removeItem(name + of))),
  };
  return keeper;
}

// The platform's words in the language of the page: the twin of consultation/words.py, whose table
// a page in another language loads first. `told` takes the places « %(name)s ».
const said = (french, told) =>
  (self.words?.[french] ?? french).replace(/%\((\w+)\)s/g, (_, name) => told[name]);

// The network and the page

async function ask(path, body, type = "application/json") {
  for (let attempt = 1, last; ; attempt++) {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 20000);
    // A failure: away, or too slow.
    try {
      const headers = { "Content-Type": type, Accept: "application/json" };
      last = await fetch(path, { method: "POST", credentials: "omit", headers, body, signal: stop.signal });
      if (last.status < 500) return last;
    } catch {} finally { clearTimeout(timer); }
    if (attempt === TRIES) return last || fail();
    say(said("La connexion est lente, nouvel essai…"));
    await new Promise((done) => setTimeout(done, 250 * 2 ** attempt * (1 + Math.random())));
  }
}

// What our servers answer: a proxy may have answered in their place. They refuse in every language:
// they are not told which one is read.
async function told(answer, name) {
  const { [name]: wanted, refused, [lang]: why = refused } = await answer.json();
  return wanted || fail(why);
}

const say = (text) => { $("_attente").textContent = text; };
// Without a text, as for whatever fails by itself, the network is to blame.
const fail = (text) => { throw Object.assign(new Error(text), { text }); };
const garbled = () => fail(said("Le serveur a mal répondu. Rechargez la page, puis recommencez."));

function once(work) {
  const alert = $("_panne"), away = alert.textContent;
  let busy = false;
  return async (event) => {
    event.preventDefault();
    if (busy) return;
    alert.hidden = busy = true;
    say(said("Un instant…"));
    await work().catch((error) => {
      alert.hidden = false;
      alert.textContent = error.text || away;
      say("");
    });
    busy = false;
  };
}

// A question named « action » or « submit » hides what a form calls so: forms are only asked for
// names with a capital letter.
const submit = (form) => HTMLFormElement.prototype.submit.call(form);
const data = (form, name) => form.getAttribute("data-" + name);

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  element.append(...children);
  return element;
}

function add(form, fields) {
  for (const name in fields) form.appendChild(make("input", { type: "hidden", name, value: fields[name] }));
  return form;
}

function takeUp({ m, s, at, fields }) {
  const form = make("form", { method: "post", action: at });
  document.body.append(add(form, { ...fields, m, s, action: "afficher" }));
  submit(form);
}

// Another device: the server keeps a record it cannot read, under a code it never sees

async function moveOut(page, code) {
  const record = await (await recordOf(code)).load(), { m, s } = record;
  const recovery = hex(random(16)).toUpperCase(), there = await recordOf(recovery);
  const body = JSON.stringify({ m, s, id: there.name, box: await there.seal({ ...record, code }) });
  const answer = await ask(data(page, "keep"), body);
  if (answer.status !== 204) await told(answer);
  const link = location.origin + "/q";
  $("_lien").textContent = $("_lien").href = link;
  $("_reprise").textContent = recovery.match(/..../g).join("-");
  $("_ailleurs").hidden = false;
  say("");
  (await import("./qr.js")).draw($("_qr"), link + "#" + recovery);
}

// Pages

async function begin(form, code) {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("action", "verifier");
  const verdict = await ask(form.getAttribute("action"), fields, "application/x-www-form-urlencoded");
  if (verdict.status > 499) await told(verdict);
  if (verdict.status !== 204) {
    // This page again, or the one of a refusal: anything else is a proxy's.
    if (!/id="_page"|"refused"/.test(await verdict.text())) fail();
    submit(add(form, { action: "verifier" }));
    return form.lastChild.remove();
  }
  const key = { n: data(form, "n"), e: data(form, "e") }, keeper = await recordOf(code);
  let record = await keeper.load();
  if (!record.m) await keeper.save(record = await blind(key));
  if (!record.s) {
    const body = JSON.stringify({ code, blinded: record.blinded });
    const answer = await ask(data(form, "desk") + "/signature", body);
    record.s = await finalize(key, record, await told(answer, "signature"));
    await keeper.save(record);
  }
  for (const name of ["m", "s"]) form.querySelector(`[name=${name}]`).value = record[name];
  submit(add(form, { action: "suite" }));
}

// Sent more than once: the first answers count, and may be those of this page or others.
function tellWhichCount({ sent, fields }) {
  const [either, same, others] = ["_premieres", "_memes", "_autres"].map($);
  const sorted = (answers) => JSON.stringify(Object.entries(JSON.parse(answers)).sort());
  const alike = sent && sorted(sent) === sorted(fields.answers);
  // On a shared device tabs know nothing of each other.
  if (!either || alike && sessionStorage.shared) return;
  either.hidden = true;
  (alike ? same : others).hidden = false;
}

function canStore() {
  // Their owner may refuse them: then reading a name throws.
  try { return localStorage && sessionStorage; } catch {}
}

async function run() {
  const capable = subtle && canStore();
  const entry = $("entree"), page = $("_page") || $("relecture");
  // Here and not in each page, which would carry it in vain.
  $("_panne")?.append(said("La connexion ne répond pas. Rien n’est perdu : vérifiez le réseau, puis recommencez."));
  if (entry) {
    const landing = import("./landing.js").catch(garbled);
    // Even before it is there: the form alone would go the way of those without script.
    if (capable) entry.addEventListener("submit", once(async () => (await landing).enter(entry)));
    return (await landing).land(entry, capable);
  }
  const code = capable && sessionStorage.code;
  if (code && document.querySelector("[data-done]")) {
    const keeper = await recordOf(code);
    tellWhichCount(await keeper.load());
    keeper.wipe("", ".");
    sessionStorage.clear();
  } else if (page && data(page, "n") && !code) {
    location.replace(data(page, "landing"));
  } else if (page && code) {
    const first = data(page, "n");
    if (first) page.addEventListener("submit", once(() => begin(page, code)));
    await (await import("./draft.js")).follow(page, await recordOf(code), !first);
    if ($("_creer")) $("_creer").onclick = once(() => moveOut(page, code));
  }
}

run();

export { $, add, ask, fail, lang, make, recordOf, said, submit, takeUp, told };
// For the tests.
export { blind, encode, finalize, fromWire, inverse, toInt, toWire };
