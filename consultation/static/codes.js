// What is read as a code, of an invitation or of recovery: the twin of consultation/roll/codes.py.
const GROUP = 4, LONGEST = 20000, TIMES = 3;
const ESCAPED = /(?:%[0-9A-F]{2})+/gi;
// How it writes « # ».
const PROOFPOINT = /(?:-(?:25)*23|[*])(?=[0-9A-Z]{26}(?![0-9A-Z]))/g;
const INVISIBLE = /[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/g;
const BLANKS = /[\x00-\x20\x7f-\x9f\u1680\u2028\u2029]+/;
// A letter that no code has is no sign: it spoils its word.
const WORD = /[0-9A-Z\u00aa\u00b5\u00ba\u00c0-\u1fff\u2c00-\ud7ff\uf900-\ufdff\ufe70-\uffdc]+/g;
// By their lengths.
const FORMS = { 26: /^[0-9A-HJKMNP-TV-Z]+$/, 32: /^[0-9A-F]+$/ };

function unescaped(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function plain(typed) {
  for (let time = 0; time < TIMES; time++) typed = typed.replace(ESCAPED, unescaped);
  return typed.normalize("NFKC").replace(INVISIBLE, "").toUpperCase();
}

const wordsOf = (text) =>
  (text.match(WORD) || []).map((word) => word.replace(/O/g, "0").replace(/[IL]/g, "1"));
const joined = (words, size) => words.reduce((all, word) => all.length < size ? all + word : all, "");

// The first of these words, or the first ones if they are groups of four.
function inGroups(words, size, from = 0) {
  const groups = words.slice(from, from + Math.ceil(size / GROUP));
  const tidy = groups.slice(0, -1).every((group) => group.length === GROUP);
  return joined(tidy ? groups : groups.slice(0, 1), size);
}

// What follows « # » in an address, where a mail may have broken it.
const afterMarks = (text, size) => text.split("#").flatMap((part, place, parts) => {
  const before = place && parts[place - 1].slice(-1);
  const firsts = part.split(BLANKS).flatMap((piece) => wordsOf(piece).slice(0, 1));
  return before && !BLANKS.test(before) ? [inGroups(wordsOf(part), size), joined(firsts, size)] : [];
});

// What stands among other words, or is all there is; not within an address.
function standing(text, size) {
  const words = text.split(BLANKS).filter((piece) => !piece.includes("/")).flatMap((piece) => wordsOf(piece));
  return [words.join(""), ...words.map((_, place) => inGroups(words, size, place))];
}

function read(text, size) {
  for (const found of [afterMarks(text, size), standing(text, size)]) {
    const codes = new Set(found.filter((code) => code.length === size && FORMS[size].test(code)));
    if (codes.size) return codes.size === 1 ? [...codes][0] : "";
  }
  return "";
}

// The one code in what was typed or pasted, a link or a message included; "" without one.
export function codeIn(typed) {
  if ([...typed].length > LONGEST) return "";
  const text = plain(typed).replace(PROOFPOINT, "#");
  return read(text, 26) || read(text, 32);
}
