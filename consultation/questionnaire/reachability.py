"""What can never happen: conditions always true or always false, pages nobody sees; and dead ends.

Decided by looking at every kind of respondent (see `worlds`); where there are too many of them,
that nothing was decided is said too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from consultation.questionnaire.atlas import Atlas
from consultation.questionnaire.conditions import (
    AUDIENCE,
    And,
    Answered,
    Compare,
    Condition,
    Context,
    Has,
    In,
    Named,
    Node,
    Not,
    Or,
    Ref,
    names,
    refs,
)
from consultation.questionnaire.crowd import Crowd
from consultation.questionnaire.elements import Option, Text
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.problems import Mark, Problems
from consultation.questionnaire.scouts import Scouts, Wish
from consultation.questionnaire.texts import pipes
from consultation.questionnaire.visibility import walk
from consultation.questionnaire.worlds import WHOLE, Explorer, World


def check_reach(q: Questionnaire, faulty: Collection[Mark], problems: Problems) -> None:
    """Note what can never happen in a questionnaire whose conditions are linked.

    Nothing is said of what depends on a condition at one of the `faulty` places: what is wrong
    with it is said already.
    """
    atlas = Atlas(q)
    crowd = Crowd(atlas)
    _Reach(q, atlas, Explorer(atlas), crowd, Scouts(atlas, crowd), faulty, problems).run()


@dataclass(frozen=True)
class _Target:
    """A condition, what it decides, and the conditions under which it is looked at."""

    condition: Condition
    consequence: str  # what being always false means
    page: Page | None = None
    context: tuple[Condition, ...] = ()
    decides: bool = True  # whether something is shown, rather than said
    hides: tuple[str, ...] = ()  # the questions that are lost with it


Verdict = Literal["always", "never", "sometimes", "unknown"]


@dataclass
class _Reach:
    q: Questionnaire
    atlas: Atlas
    explorer: Explorer
    crowd: Crowd
    scouts: Scouts
    faulty: Collection[Mark]
    problems: Problems
    constant: set[str] = field(default_factory=set)  # named conditions known to be constant
    lost: set[str] = field(default_factory=set)  # questions nobody is asked, or nobody knows when

    def run(self) -> None:
        if not self.problems.errors:
            self._check_first_pages()
        for name, condition in self.q.conditions:
            target = _Target(condition, f"« {name} » ne sert donc à rien.", decides=False)
            if self._check(target) in ("always", "never"):
                self.constant.add(name)
        for page in self.q.pages:
            for target in _targets(page):
                if self._check(target) in ("never", "unknown"):
                    self.lost.update(target.hides)
            for question in page.questions:
                self._check_offers(page, question)
                self._check_least(page, question)
            self._check_quotations(page)

    @cached_property
    def named(self) -> Mapping[str, Condition]:
        """The named conditions."""
        return dict(self.q.conditions)

    # Conditions

    def _check(self, target: _Target) -> Verdict:
        """Note what is wrong with a condition, and say when it holds."""
        conditions = (*target.context, target.condition)
        if self._is_faulty(conditions):
            return "unknown"
        if self._is_sound(target):
            self._check_silence(target, self.crowd.worlds)
            return "sometimes"
        for depth in (0, 1, 2, 4, WHOLE):
            worlds = self.explorer.worlds(conditions, target.page, depth)
            verdict = self._judge(target, worlds, exact=depth == WHOLE) if worlds else None
            if verdict:
                return verdict
        self._undecided(target.condition)
        return "sometimes"

    def _judge(self, target: _Target, worlds: Sequence[World], *, exact: bool) -> Verdict | None:
        """When the condition holds in these worlds; None when they are not worth a judgment."""
        here = [world for world in worlds if all(map(world.holds, target.context))]
        if not here:
            return "unknown"  # what hides all this is said where it is written
        verdict = _verdict(world.holds(target.condition) for world in here)
        if verdict == "sometimes" and not exact:
            return None
        seldom = self._check_together(target, here)
        if not self._check_constants(target, worlds) and not seldom:
            self._check_here(target, verdict)
            self._check_silence(target, here)
        return verdict

    def _is_sound(self, target: _Target) -> bool:
        """Whether everything that this condition and its parts may be was met by someone."""
        search = _Search(target)
        for world in self.crowd.worlds:
            if search.meet(world):
                return True
        return any(
            search.meet(world)
            for wishes, asked in search.orders()
            for world in self.scouts.send(wishes, asked)
        )

    def _check_together(self, target: _Target, here: Sequence[World]) -> bool:
        """Note the questions cited that nobody there was asked."""
        met = frozenset[str]().union(*(world.asked for world in here))
        apart = [
            ref
            for ref in refs(target.condition.ast)
            if ref.question not in met and ref.question != AUDIENCE
        ]
        for ref in apart:
            said = (
                f"« {ref.question} » n’est posée à personne de ceux que cette condition concerne."
            )
            remedy = "Vérifiez les conditions des deux questions : elles s’excluent."
            self._error(target.condition, ref.at, "never-together", said, remedy)
        return bool(apart)

    def _check_constants(self, target: _Target, worlds: Sequence[World]) -> bool:
        """Note the parts that are the same for everyone; whether the whole is."""
        seen: dict[int, set[bool]] = {}
        for world in worlds:
            _observe(target.condition.ast, world, seen)
        parts = {id(node): node for node in _parts(target.condition.ast)}
        fixed = [key for key in parts if len(seen.get(key, ())) == 1]
        deepest = [
            parts[key]
            for key in fixed
            if {id(below) for below in _parts(parts[key])}.isdisjoint(set(fixed) - {key})
        ]
        new = [one for one in deepest if not self._is_known(one)]
        whole = id(target.condition.ast) in fixed
        for node in new[:1] if whole else new:
            values = seen[id(target.condition.ast if whole else node)]
            if not whole and True in values and self._requires(node):
                self._needless(target.condition, node)
            else:
                self._constant(target, node, value=True in values, whole=whole)
        return whole

    def _requires(self, node: Node) -> bool:
        """Whether it asks if a question that requires an answer has one."""
        question = self.q.by_id.get(node.ref.question) if isinstance(node, Answered) else None
        return question is not None and question.required is not None

    def _needless(self, condition: Condition, node: Node) -> None:
        name = next(refs(node)).question
        mark = self.problems.within(
            Mark(condition.line, condition.column), condition.source, _at(node)
        )
        said = f"answered({name}) est toujours vrai : la question exige une réponse (« required »)."
        self.problems.warning(mark, "redundant", said, "Retirez cette partie.")

    def _is_known(self, node: Node) -> bool:
        return isinstance(node, Named) and node.name in self.constant

    def _constant(self, target: _Target, node: Node, *, value: bool, whole: bool) -> None:
        part = "Cette condition" if whole else "Cette partie"
        consequence = f" {target.consequence}" if whole and not value else ""
        said = f"{part} est toujours {'vraie' if value else 'fausse'}.{consequence}"
        code = "always-true" if value else "always-false"
        self._error(target.condition, _at(node), code, said, _remedy(node, value=value))

    def _check_here(self, target: _Target, verdict: Verdict) -> None:
        """Note what is the same for everyone who gets there."""
        if verdict == "never":
            said = f"Cette condition exclut celles qui la précèdent. {target.consequence}"
            self._error(target.condition, 0, "unreachable", said, "Corrigez l’une d’elles.")
        elif verdict == "always":
            said = "Cette condition est toujours vraie ici : d’autres la garantissent déjà."
            mark = Mark(target.condition.line, target.condition.column)
            self.problems.warning(mark, "redundant", said, "Retirez-la.")

    def _check_silence(self, target: _Target, worlds: Sequence[World]) -> None:
        """Note what is shown to those who left a question unanswered, if no one thought of them."""
        denied = list(_denied(target.condition.ast)) if target.decides else []
        atoms = self.atlas.atoms(target.condition) if denied else ()
        thought_of = {atom.ref.question for atom in atoms if isinstance(atom, Answered)}
        for ref, at in denied:
            question = self.q.by_id.get(ref.question)
            silent = any(
                _is_silent(world, ref) and all(map(world.holds, target.context)) for world in worlds
            )
            if ref.question in thought_of or not silent or (question and question.required):
                continue
            mark = Mark(target.condition.line, target.condition.column)
            self.problems.warning(
                self.problems.within(mark, target.condition.source, at),
                "no-answer",
                f"Cette condition est vraie aussi pour qui n’a pas répondu à « {ref.question} ».",
                f"Si c’est voulu, ajoutez « or not answered({ref.question}) » ; "
                f"sinon, « and answered({ref.question}) ».",
            )

    # What is shown

    def _check_first_pages(self) -> None:
        """Everyone must find a page, and something to answer, when nothing is answered yet."""
        asks = any(question.asks for question in self.q.questions)
        for audience, words in self.q.audiences:
            shown, _ = walk(self.q, {}, Context(audience))
            mark = Mark(words.line, words.column)
            if not shown and self.q.pages:
                said = f"Le public « {audience} » ne voit aucune page avant d’avoir répondu."
                remedy = "Laissez une première page sans condition."
                self.problems.error(mark, "no-first-page", said, remedy)
            elif asks and not any(one.asks for _, asked in shown for one in asked):
                # Nothing is asked, so nothing more will be: an empty ballot is never accepted.
                said = f"Le public « {audience} » n’a rien à répondre, et ne pourra rien envoyer."
                self.problems.error(mark, "nothing-asked", said, "Posez-lui une question.")

    def _check_offers(self, page: Page, question: Question) -> None:
        """A question shown must always offer something."""
        for what, items in (("réponse", question.options), ("ligne", question.rows)):
            if not items or not all(item.show_if for item in items):
                continue
            conditions = [item.show_if for item in items if item.show_if]
            context = _given(page.show_if, question.show_if)
            worlds: Sequence[World] | None = self.crowd.worlds
            if not _leaves_nothing(self.crowd.worlds, context, conditions):
                worlds = self._worlds((*context, *conditions), page)
            if worlds is None or _leaves_nothing(worlds, context, conditions):
                said = f"« {question.id} » peut se montrer sans aucune {what}."
                remedy = f"Laissez au moins une {what} sans condition."
                mark = self.problems.start_of(question.line)
                self.problems.error(mark, "nothing-offered", said, remedy)

    def _check_least(self, page: Page, question: Question) -> None:
        """A question shown must offer as many answers as it asks for."""
        together = [option for option in question.options if not option.exclusive]
        always = sum(not option.show_if for option in together)
        if not max(1, always) < question.fewest <= len(together):  # more than all: said already
            return
        alone = [option for option in question.options if option.exclusive]
        dead_end = self._least_offered(page, question, alone)
        fewest = dead_end if dead_end is not None else self._least_offered(page, question, ())
        if fewest is None:
            return
        least = question.fewest
        said = f"« {question.id} » demande {least} réponses et peut n’en proposer que {fewest}."
        note = self.problems.warning if dead_end is None else self.problems.error
        mark = self.problems.start_of(question.line)
        note(mark, "too-few-offered", said, "Diminuez « min », ou laissez plus de réponses.")

    def _least_offered(
        self, page: Page, question: Question, ways_out: Sequence[Option]
    ) -> int | None:
        """How few answers may be offered when they are not enough, and no way out is; else None."""
        if not all(option.show_if for option in ways_out):
            return None
        together = [option for option in question.options if not option.exclusive]
        conditions = [one.show_if for one in (*together, *ways_out) if one.show_if]
        context = _given(page.show_if, question.show_if)

        def offered(worlds: Iterable[World]) -> list[int]:
            counts = (
                sum(world.holds(option.show_if) for option in together)
                for world in worlds
                if all(map(world.holds, context))
                and not any(world.holds(option.show_if) for option in ways_out)
            )
            return [count for count in counts if count < question.fewest]

        if self._is_faulty((*context, *conditions)):
            return None
        wishes = [*((one.ast, True) for one in context), *((one.ast, False) for one in conditions)]
        found = offered(self.crowd.worlds) or offered(self.scouts.send(wishes))
        if not found:
            worlds = self.explorer.worlds((*context, *conditions), None)
            if worlds is None:
                self._unknown_least(question)
            found = offered(worlds or ())
        return min(found, default=None)

    def _unknown_least(self, question: Question) -> None:
        mark = self.problems.start_of(question.line)
        said = f"Trop de combinaisons pour dire si « {question.id} » en propose toujours assez."
        remedy = "Rien n’est décidé à son sujet : relisez-la, ou simulez (consultation simulate)."
        self.problems.note(mark, "undecided", said, remedy)

    def _check_quotations(self, page: Page) -> None:
        """An answer quoted must sometimes be there to be quoted."""
        for text, context in _placed_texts(page):
            quoted = {pipe.question for _, words in text.versions for pipe in pipes(words)}
            for name in sorted(quoted & set(self.q.by_id)):
                asked = Condition(f"answered({name})", Answered(Ref(name)))
                worlds = self._worlds((*context, asked), page) or []
                here = [world for world in worlds if all(map(world.holds, context))]
                if here and not any(name in world.asked for world in here):
                    said = f"« {name} » n’est posée à personne de ceux qui lisent ce texte."
                    mark = Mark(text.line, text.column)
                    self.problems.error(mark, "never-together", said, "Retirez cette reprise.")

    # Parts of the above

    def _worlds(self, conditions: Sequence[Condition], page: Page | None) -> list[World] | None:
        """The worlds to look at: none at all when a condition they depend on is faulty."""
        return [] if self._is_faulty(conditions) else self.explorer.worlds(conditions, page)

    def _is_faulty(self, conditions: Iterable[Condition]) -> bool:
        """Whether one of these, or what is above what they read, is known to be at fault."""
        return any(
            self._is_wrong(condition)
            or not self._read(condition).isdisjoint(self.tainted | self.lost)
            for condition in conditions
        )

    @cached_property
    def tainted(self) -> set[str]:
        """The questions that a fault somewhere above may hide or show."""
        tainted: set[str] = set()
        for name, conditions in self.atlas.above.items():  # in document order: what is cited first
            if any(
                self._is_wrong(one) or not tainted.isdisjoint(self._read(one)) for one in conditions
            ):
                tainted.add(name)
        return tainted

    def _is_wrong(self, condition: Condition) -> bool:
        """Whether it is at one of the faulty places, or reads or names what is not there."""
        unknown = self._read(condition) - {AUDIENCE} - self.q.by_id.keys()
        return bool(unknown) or any(
            Mark(one.line, one.column) in self.faulty for one in self._spelled_out(condition)
        )

    def _spelled_out(self, condition: Condition) -> Iterator[Condition]:
        """The condition and those it names, however deep."""
        yield condition
        for name in names(condition.ast):
            if name.name in self.named:
                yield from self._spelled_out(self.named[name.name])

    def _read(self, condition: Condition) -> frozenset[str]:
        return self.atlas.reads([condition])

    def _undecided(self, condition: Condition) -> None:
        mark = Mark(condition.line, condition.column)
        said = "Trop de combinaisons de réponses pour dire si cette condition a un sens."
        remedy = "Rien n’est décidé à son sujet : relisez-la, ou simulez (consultation simulate)."
        self.problems.note(mark, "undecided", said, remedy)

    def _error(self, condition: Condition, at: int, code: str, message: str, remedy: str) -> None:
        mark = Mark(condition.line, condition.column)
        self.problems.error(self.problems.within(mark, condition.source, at), code, message, remedy)


class _Search:
    """What nobody has met yet of a condition and of its parts."""

    def __init__(self, target: _Target) -> None:
        self._context = target.context
        self._parts = list(_parts(target.condition.ast))
        numbers = range(len(self._parts))
        self._values = {(number, value) for number in numbers for value in (True, False)}
        self._here = {True, False}
        self._apart = {ref.question for ref in refs(target.condition.ast)} - {AUDIENCE}

    def meet(self, world: World) -> bool:
        """Strike out what this respondent meets; whether nothing is left."""
        values = [part.holds(world.answers, world.context) for part in self._parts]
        self._values.difference_update(enumerate(values))
        if all(map(world.holds, self._context)):
            self._here.discard(values[0])
            self._apart -= world.asked
        return not (self._values or self._here or self._apart)

    def orders(self) -> Iterator[tuple[Sequence[Wish], Sequence[str]]]:
        """What to send respondents for, as long as something is left."""
        there: list[Wish] = [(condition.ast, True) for condition in self._context]
        for value in (True, False):
            if value in self._here:
                yield [*there, (self._parts[0], value)], ()
        for name in sorted(self._apart):
            if name in self._apart:
                yield there, (name,)
        for number, value in sorted(self._values):
            if (number, value) in self._values:
                yield [(self._parts[number], value)], ()


def _targets(page: Page) -> Iterator[_Target]:
    """Every condition of a page."""
    if page.show_if:
        never = f"La page « {page.id} » n’est donc vue de personne."
        hidden = tuple(question.id for question in page.questions)
        yield _Target(page.show_if, never, page, hides=hidden)
    for question in page.questions:
        context = _given(page.show_if)
        if question.show_if:
            never = f"La question « {question.id} » n’est donc jamais posée."
            yield _Target(question.show_if, never, page, context, hides=(question.id,))
        yield from _targets_within(page, question)
    for check in page.checks:
        never = "Ce contrôle ne dira donc jamais rien."
        yield _Target(check.warn_if, never, page, _given(page.show_if), decides=False)


def _targets_within(page: Page, question: Question) -> Iterator[_Target]:
    context = _given(page.show_if, question.show_if)
    for option in question.options:
        if option.show_if:
            never = f"La réponse « {option.code} » n’est donc jamais proposée."
            yield _Target(option.show_if, never, page, context)
    for row in question.rows:
        if row.show_if:
            never = f"La ligne « {row.id} » n’est donc jamais montrée."
            yield _Target(row.show_if, never, page, context)


def _given(*conditions: Condition | None) -> tuple[Condition, ...]:
    return tuple(condition for condition in conditions if condition is not None)


def _leaves_nothing(
    worlds: Sequence[World], context: Sequence[Condition], conditions: Sequence[Condition]
) -> bool:
    return any(
        all(map(world.holds, context)) and not any(map(world.holds, conditions)) for world in worlds
    )


def _placed_texts(page: Page) -> Iterator[tuple[Text, tuple[Condition, ...]]]:
    context = _given(page.show_if)
    for text in (page.title, page.intro, *(check.message for check in page.checks)):
        if text:
            yield text, context
    for question in page.questions:
        for text in (question.text, question.hint):
            if text:
                yield text, (*context, *_given(question.show_if))


def _verdict(values: Iterable[bool]) -> Verdict:
    seen = set(values)
    if len(seen) == 2:
        return "sometimes"
    return "always" if True in seen else "never"


def _parts(node: Node) -> Iterator[Node]:
    """The node and what it is made of; a named condition is one part."""
    yield node
    match node:
        case Not():
            yield from _parts(node.term)
        case And() | Or():
            for term in node.terms:
                yield from _parts(term)


def _observe(node: Node, world: World, seen: dict[int, set[bool]]) -> None:
    for part in _parts(node):
        seen.setdefault(id(part), set()).add(part.holds(world.answers, world.context))


def _is_silent(world: World, ref: Ref) -> bool:
    return ref.question in world.asked and ref.read(world.answers, world.context) is None


def _denied(node: Node, *, denied: bool = False) -> Iterator[tuple[Ref, int]]:
    """The questions whose lack of an answer makes a part of the condition true, and where."""
    match node:
        case Not():
            yield from _denied(node.term, denied=not denied)
        case And() | Or():
            for term in node.terms:
                yield from _denied(term, denied=denied)
        case Named() if node.target is not None:
            yield from ((ref, node.at) for ref, _ in _denied(node.target, denied=denied))
        case Compare() if (node.sign == "!=") != denied:
            yield from ((ref, ref.at) for ref in refs(node) if not ref.counted)
        case In(ref=ref) | Has(ref=ref) if denied and not ref.counted:
            yield ref, ref.at


def _at(node: Node) -> int:
    places = [ref.at for ref in refs(node)] + [name.at for name in names(node)]
    return min(places, default=0)


def _remedy(node: Node, *, value: bool) -> str:
    if isinstance(node, Or) and value:
        return "Entre deux « différent de », il faut d’ordinaire « and »."
    if isinstance(node, And) and not value:
        return "Entre deux valeurs possibles, il faut d’ordinaire « or »."
    return "Corrigez-la, ou retirez-la."
