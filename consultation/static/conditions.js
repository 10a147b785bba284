// The browser's twin of the evaluator of conditions. The server decides, with the same rules:
// consultation/questionnaire/conditions.py.
const own = (object, name) => ({}).hasOwnProperty.call(object || {}, name) ? object[name] : null;
const isList = Array.isArray;
const isEmpty = (value) => value === null || value === "" || (isList(value) && !value.length);
const same = (one, other) => one === other || JSON.stringify(one) === JSON.stringify(other);
const bothNumbers = (one, other) => typeof one === "number" && typeof other === "number";

const OPERATORS = {
  and: (answers, ...terms) => terms.every((term) => holds(term, answers)),
  or: (answers, ...terms) => terms.some((term) => holds(term, answers)),
  not: (answers, term) => !holds(term, answers),
  answered(answers, { ref }) {
    const value = own(answers, ref);
    return !isEmpty(value) && !same(value, {});
  },
  in(answers, ref, codes) {
    const value = read(ref, answers);
    return value !== null && codes.some((code) => same(value, code));
  },
  has(answers, ref, mode, codes) {
    const chosen = read(ref, answers);
    const isChosen = (code) => chosen.includes(code);
    return isList(chosen) && (mode === "all" ? codes.every(isChosen) : codes.some(isChosen));
  },
  "=="(answers, left, right) {
    const value = read(left, answers);
    return value !== null && same(value, read(right, answers));
  },
  "!=": (answers, left, right) => !OPERATORS["=="](answers, left, right),
  "<": ordered((left, right) => left < right),
  "<=": ordered((left, right) => left <= right),
  ">": ordered((left, right) => left > right),
  ">=": ordered((left, right) => left >= right),
};

function ordered(compare) {
  return (answers, ...sides) => {
    const [left, right] = sides.map((side) => read(side, answers));
    return bothNumbers(left, right) && compare(left, right);
  };
}

function read(term, answers) {
  if (typeof term !== "object") return term;
  const answer = own(answers, term.count || term.ref), part = term.row || term.column;
  if (term.count) return isList(answer) ? answer.length : 0;
  if (!part) return isEmpty(answer) ? null : answer;
  if (typeof answer === "string") return own(term.values, answer) || null;
  return isList(answer) ? null : own(answer, part) || null;
}

// Whether the condition holds over these visible answers; a name that leads nowhere never does.
export function holds(tree, answers) {
  if (!tree) return false;
  const [operator, ...terms] = tree;
  return OPERATORS[operator](answers, ...terms);
}
