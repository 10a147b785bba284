"""The lie of a questionnaire: what each condition reads, and what decides whether it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from consultation.questionnaire.conditions import Condition, Named, Node, nodes
from consultation.questionnaire.distinctions import Atom, atoms_of, refs_of
from consultation.questionnaire.model import Page, Questionnaire


def every(node: Node) -> Iterator[Node]:
    """The node and everything below it, the named conditions included."""
    for below in nodes(node):
        yield below
        if isinstance(below, Named) and below.target is not None:
            yield from every(below.target)


class Atlas:
    """One questionnaire, whose conditions are linked, and what is worth computing of it once."""

    def __init__(self, q: Questionnaire) -> None:
        self.q = q
        self._atoms: dict[int, tuple[Atom, ...]] = {}

    def atoms(self, condition: Condition) -> tuple[Atom, ...]:
        """The atoms of a condition, those of the conditions it names included."""
        key = id(condition.ast)  # alive as long as the questionnaire is
        if key not in self._atoms:
            self._atoms[key] = tuple(atoms_of(every(condition.ast)))
        return self._atoms[key]

    def reads(self, conditions: Iterable[Condition]) -> frozenset[str]:
        """The questions these conditions read, and the audience."""
        atoms = (atom for condition in conditions for atom in self.atoms(condition))
        return frozenset(ref.question for atom in atoms for ref in refs_of(atom))

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """The place of each question in the document."""
        return {question.id: rank for rank, question in enumerate(self.q.questions)}

    @cached_property
    def pages(self) -> Mapping[str, Page]:
        """The page of each question."""
        return {question.id: page for page in self.q.pages for question in page.questions}

    @cached_property
    def above(self) -> Mapping[str, tuple[Condition, ...]]:
        """The conditions that decide what is asked of each question."""
        return {
            question.id: (*((page.show_if,) if page.show_if else ()), *question.conditions)
            for page in self.q.pages
            for question in page.questions
        }

    @cached_property
    def reads_above(self) -> Mapping[str, frozenset[str]]:
        """The questions, and the audience, that decide what is asked of each question."""
        return {name: self.reads(conditions) for name, conditions in self.above.items()}

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition on something shown, or said of the answers of a page."""
        checks = tuple(check.warn_if for page in self.q.pages for check in page.checks)
        return (*dict.fromkeys(one for above in self.above.values() for one in above), *checks)

    @cached_property
    def atoms_about(self) -> Mapping[str, tuple[Atom, ...]]:
        """The atoms that read each question, anywhere."""
        found: dict[str, dict[Atom, None]] = {}
        for condition in self.conditions:
            for atom in self.atoms(condition):
                for ref in refs_of(atom):
                    found.setdefault(ref.question, {})[atom] = None
        return {name: tuple(atoms) for name, atoms in found.items()}
