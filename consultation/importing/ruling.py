"""Rules of the original turned into conditions, and everything to tell of those that are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from consultation.importing.expressions import AND, OR, Call, Constant, Misread, Name, Plain, Tree
from consultation.importing.form import Box, Control, Remark, Rule
from consultation.importing.logic import (
    FALSE,
    TRUE,
    All,
    Any,
    Formula,
    Inexpressible,
    conj,
    neg,
    refs,
    settled,
    without,
)
from consultation.importing.plan import Asked, Key, Plan
from consultation.questionnaire.conditions import Answered, Ref


@dataclass
class Ruling:
    """Says the rules of one plan."""

    plan: Plan
    remarks: list[Remark]
    verdicts: dict[Key, bool] = field(default_factory=dict)  # conditions: said or not
    controls: dict[Key, bool] = field(default_factory=dict)  # constraints: said or not
    assumed: set[Key] = field(default_factory=set)  # those that lean on a stand-in
    citations: set[tuple[int, int]] = field(default_factory=set)  # a page cites another
    here: int = 0  # the page being written
    _obvious: set[Key] = field(default_factory=set)  # rules that an obligation fulfils
    _shown: dict[str, tuple[Formula, Formula]] = field(default_factory=dict)  # itself, its page

    @property
    def unsaid(self) -> frozenset[Key]:
        """The rules that could not be said."""
        told = {**self.verdicts, **self.controls}
        return frozenset(key for key, said in told.items() if not said)

    def condition(self, rules: Sequence[Rule], limit: int) -> tuple[Formula, tuple[str, ...]]:
        """What these rules ask for together before the question of that rank, and what is lost."""
        together = TRUE
        comments: list[str] = []
        always: list[Rule] = []
        for rule in rules:
            found = self._expressed(rule, limit, self.verdicts)
            if not isinstance(found, str):
                always += [rule] if found == TRUE and self._is_telling(rule) else []
                try:
                    together = conj(together, found)
                except Inexpressible as too_long:
                    self.verdicts[_key(rule)] = False
                    found = self._unsaid(rule, "lost", str(too_long))
            if isinstance(found, str):
                comments.append(self._comment(rule, found))
        if together == FALSE:
            together = self.never(rules, limit)
        elif together == TRUE and always:
            together = self._always(always[0])
        return together, tuple(comments)

    def control(self, asked: Asked, control: Control, limit: int) -> Formula | str:
        """When an answer is to be questioned, or what is to be told of the constraint."""
        rule = control.rule
        found = self._expressed(rule, limit, self.controls)
        if isinstance(found, str):
            return self._comment(rule, found)
        try:
            wrong = found if control.refused else conj(Answered(Ref(asked.id)), neg(found))
            if without(wrong, asked.id) is not False:
                wrong = conj(self._when_shown(asked), wrong)
        except Inexpressible as too_long:
            self.controls[_key(rule)] = False
            return self._comment(rule, self._unsaid(rule, "lost", str(too_long)))
        return wrong

    def never(self, rules: Iterable[Rule], limit: int) -> Formula:
        """A condition that never holds, over a question already asked."""
        answered = self._cited(rules, limit)
        return All((answered, neg(answered)), 2) if answered else TRUE

    def note_shown(self, asked: Asked, own: Formula, page: Formula) -> None:
        """Know when a question is shown: by its own condition and by that of its page."""
        self._shown[asked.id] = (own, page)

    # One rule

    def _expressed(self, rule: Rule, limit: int, verdicts: dict[Key, bool]) -> Formula | str:
        """The condition, or why it cannot be said."""
        found = self._said(rule, limit)
        if rule.counted:
            verdicts[_key(rule)] = verdicts.get(_key(rule), True) and not isinstance(found, str)
        if isinstance(found, str) or isinstance(rule.tree, Misread):
            return found
        self._note_faults(rule, rule.tree)
        stands = (self.plan.form.name(one) in self.plan.stands for one in self._used(rule))
        if rule.counted and any(stands):
            self.assumed.add(_key(rule))
        if found in (TRUE, FALSE) and self._is_telling(rule):
            always = "vraie" if found == TRUE else "fausse"
            self._remark("fault", rule, f"elle est toujours {always}")
        return found

    def _said(self, rule: Rule, limit: int) -> Formula | str:
        if isinstance(rule.tree, Misread):
            return self._unsaid(rule, "fault", f"elle ne se lit pas : {rule.tree.message}")
        try:
            return self._checked(rule, rule.tree, limit)
        except Inexpressible as inexpressible:
            kind = "fault" if isinstance(inexpressible, _Misplaced) else "lost"
            return self._unsaid(rule, kind, str(inexpressible))

    def _checked(self, rule: Rule, tree: Tree, limit: int) -> Formula:
        """The condition, over questions already asked."""
        plan = self.plan
        cited = {name: asked for name in plan.used(tree) if (asked := plan.question(name))}
        for asked in cited.values():
            if asked.rank >= limit:
                raise _Misplaced(f"elle cite « {asked.item.name} », qui n’est pas encore posée")
        holds = plan.evaluator.holds(tree)
        for name, asked in cited.items():
            if plan.form.needs_shown(name) and without(holds, asked.id) is not False:
                holds = conj(self._when_shown(asked), holds)
        left = settled(holds, [one.id for one in cited.values() if self._is_sure(one)])
        if left == TRUE != holds:
            self._obvious.add(_key(rule))
            self._remark("changed", rule, "toujours remplie : ce qu’elle cite est obligatoire")
        self.citations |= {(self.here, plan.by_id[ref.question].page) for ref in refs(left)}
        return left

    def _is_sure(self, asked: Asked) -> bool:
        """Whether everybody has answered this question before this page."""
        unconditional = self._shown.get(asked.id, (FALSE, FALSE)) == (TRUE, TRUE)
        return asked.item.required and unconditional and asked.page < self.here

    def _when_shown(self, asked: Asked) -> Formula:
        """When a question is shown, as seen from the page being written."""
        own, page = self._shown.get(asked.id, (TRUE, TRUE))
        return own if asked.page == self.here else conj(page, own)

    # What is always so, or never

    def _is_telling(self, rule: Rule) -> bool:
        """Whether an author meant the rule to depend on something."""
        meant = rule.counted and not rule.each and any(self._used(rule))
        return meant and _key(rule) not in self._obvious

    def _always(self, rule: Rule) -> Formula:
        """A condition that always holds, written so that the check shows it to the author."""
        assert not isinstance(rule.tree, Misread)  # noqa: S101 - it was evaluated
        raw = self._raw(rule.tree)
        if raw is not None:
            return raw
        answered = self._cited([rule], len(self.plan.by_id))
        return Any((answered, neg(answered)), 2) if answered else TRUE

    def _raw(self, tree: Tree) -> Formula | None:
        """« Or » as it was written, each of its terms telling something by itself."""
        if not isinstance(tree, Call) or tree.function not in (AND, OR):
            return None
        terms = tuple(self.plan.evaluator.holds(one) for one in tree.given)
        if any(term in (TRUE, FALSE) for term in terms):
            return None
        return (Any if tree.function == OR else All)(terms, len(terms))

    def _cited(self, rules: Iterable[Rule], limit: int) -> Answered | None:
        """Whether a question is answered: one that the rules cite, else the last one asked."""
        cited = [self.plan.question(name) for rule in rules for name in self._used(rule)]
        known = reversed([*self.plan.by_id.values()])
        for asked in (*cited, *known):
            if asked and asked.rank < limit and asked.item.kind != "info":
                return Answered(Ref(asked.id))
        return None

    # Faults of the original

    def _used(self, rule: Rule) -> list[str]:
        return [] if isinstance(rule.tree, Misread) else list(self.plan.used(rule.tree))

    def _note_faults(self, rule: Rule, tree: Tree) -> None:
        """Codes that no answer has."""
        if not isinstance(tree, Call):
            return
        match tree:
            case Call(function="==" | "!=", given=(Name() as name, Constant() as constant)):
                self._note_unknown(rule, name.name, constant.value)
        for one in tree.given:
            self._note_faults(rule, one)

    def _note_unknown(self, rule: Rule, name: str, value: Plain) -> None:
        plan, asked = self.plan, self.plan.question(name)
        boxed = isinstance(plan.form.symbols.get(plan.form.name(name)), Box)
        if asked is None or boxed or asked.item.kind not in ("choice", "matrix"):
            return
        if value in (None, "") or isinstance(value, bool) or asked.item.name in plan.stands:
            return
        dialect = plan.form.dialect
        known = [dialect.compare(one.seen, "==", value).true for one in asked.item.options]
        if TRUE not in known:
            said = f"« {dialect.text(value)} » n’est pas une réponse de « {asked.item.name} »"
            self._remark("fault", rule, said)

    # Telling

    def _unsaid(self, rule: Rule, kind: str, why: str) -> str:
        self._remark(kind, rule, why)
        return why

    def _remark(self, kind: str, rule: Rule, why: str) -> None:
        said = f"« {_short(rule.text)} » : {why}"
        self.remarks.append(Remark(kind=kind, place=rule.place, said=said))

    def _comment(self, rule: Rule, why: str) -> str:
        return f"{self.plan.form.tool} : {rule.text} ({why})"


class _Misplaced(Inexpressible):
    """The condition cites a question that is not asked yet."""


def _key(rule: Rule) -> Key:
    return (rule.text, rule.place)


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 200 else said[:199] + "…"
