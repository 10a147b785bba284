"""Loading a questionnaire: one YAML file and its lists become frozen values, or every problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from consultation.questionnaire.checks import check
from consultation.questionnaire.conditions import Condition
from consultation.questionnaire.elements import NO_LANGUAGE, Option, Text
from consultation.questionnaire.keys import (
    CHECK,
    FORMAT,
    OVERRIDE,
    PAGE,
    PRIVACY,
    QUESTIONNAIRE,
    Shape,
)
from consultation.questionnaire.kinds import Desk, Kind
from consultation.questionnaire.linking import link_all
from consultation.questionnaire.lists import Fetch, Unread, read_csv, read_options
from consultation.questionnaire.model import Check, Override, Page, Questionnaire
from consultation.questionnaire.nodes import Node, Scalar, Series, Table
from consultation.questionnaire.problems import Mark, Problem, Problems
from consultation.questionnaire.questions import read_question
from consultation.questionnaire.reading import (
    LANGUAGE,
    Fields,
    check_id,
    read_condition,
    read_text,
)
from consultation.questionnaire.strict_yaml import read
from consultation.questionnaire.texts import texts_of
from consultation.questionnaire.wording import check_translations

__all__ = ["Loaded", "Problem", "load", "parse"]

MAX_FILE = 1_000_000
UNSPEAKABLE = ("cycle", "too-deep", "duplicate-id")
"""With these, conditions cannot be spelled out."""

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")  # all that YAML counts as the end of a line


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was read; there is a questionnaire when no problem is an error.

    `lists` are the texts of the CSV files it names: with the source, they are the whole definition.
    """

    questionnaire: Questionnaire | None
    problems: tuple[Problem, ...]
    lists: Mapping[str, str]


def load(path: Path) -> Loaded:
    """Read a questionnaire and the lists beside it."""
    source = _read_file(path)
    if isinstance(source, Unread):
        problems = Problems(path.name, "")
        problems.error(Mark(1, 1), "file", source.message, source.remedy)
        return Loaded(questionnaire=None, problems=tuple(problems), lists={})
    return _load(source, lambda file: _read_file(path.parent / file), path.name, thorough=True)


def parse(
    source: str,
    lists: Mapping[str, str],
    name: str = "questionnaire.yaml",
    *,
    thorough: bool = True,
) -> Loaded:
    """Read a questionnaire whose lists are at hand, by file name.

    Not `thorough`, it is only made sure that it can be used: what was accepted once must stay so,
    whatever one has learnt to look for since.
    """
    absent = Unread("Ce fichier n’est pas joint.", "Joignez-le au questionnaire.")
    return _load(source, lambda file: lists.get(file, absent), name, thorough=thorough)


def _load(source: str, fetch: Fetch, name: str, *, thorough: bool) -> Loaded:
    source = _LINE_ENDS.sub("\n", source.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    problems = Problems(name, source)
    fetched: dict[str, str] = {}
    root = read(source, problems)
    q = None
    if isinstance(root, Table):
        loader = _Loader(root, problems, fetch, fetched)
        q = loader.read()
        if q is not None and not problems.has(*UNSPEAKABLE):
            q = link_all(q)
            if thorough:
                _examine(q, loader.faulty, problems)
    elif not problems.errors:
        said = "Un questionnaire est fait de clés et de valeurs."
        problems.error(Mark(1, 1), "wrong-type", said, "Commencez par « format: 1 ».")
    if q is not None and not problems.errors:
        q = replace(q, digest=_digest(source, fetched), languages=_languages(q))
        check_translations(q, fetched, problems)
    return Loaded(
        questionnaire=None if problems.errors else q, problems=tuple(problems), lists=fetched
    )


def _examine(q: Questionnaire, faulty: frozenset[Mark], problems: Problems) -> None:
    from consultation.questionnaire.examination import examine  # a server reads without it

    examine(q, faulty, problems)


def _digest(source: str, lists: Mapping[str, str]) -> str:
    """The SHA-256 of the definition: names and texts, each preceded by its length."""
    digest = sha256()
    for part in (source, *(part for item in sorted(lists.items()) for part in item)):
        content = part.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def _languages(q: Questionnaire) -> tuple[str, ...]:
    """The languages of the texts, the questionnaire's own first."""
    found = {language for text in texts_of(q) for language, _ in text.versions}
    return (q.lang, *sorted(found - {NO_LANGUAGE, q.lang}))


def _read_file(path: Path) -> str | Unread:
    try:
        content = path.read_bytes()
    except OSError:
        return Unread(f"Le fichier « {path.name} » ne peut pas être lu.", "Vérifiez son nom.")
    if len(content) > MAX_FILE:
        return Unread(f"Le fichier « {path.name} » dépasse 1 Mo.", "Réduisez-le.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return Unread(
            f"Le fichier « {path.name} » n’est pas en UTF-8.",
            "Enregistrez-le en UTF-8 depuis votre éditeur ou votre tableur.",
        )


class _Loader:
    """Reads the top of the file, then its lists, conditions and pages."""

    def __init__(
        self, root: Table, problems: Problems, fetch: Fetch, fetched: dict[str, str]
    ) -> None:
        self._problems = problems
        self._fetch = fetch
        self._fetched = fetched
        self._broken: set[str] = set()
        self.faulty: frozenset[Mark] = frozenset()
        lang = root.get("lang")
        self._language = lang.text if isinstance(lang, Scalar) else "fr"
        self._top = Fields(root, problems, QUESTIONNAIRE, language=self._language)
        self._desk = Desk(problems, self._language, {})

    def read(self) -> Questionnaire | None:
        """The questionnaire, unless its top is missing."""
        top = self._top
        self._check_top()
        self._desk.lists.update(self._read_lists())
        conditions = self._read_conditions()
        pages = self._read_pages()
        q = Questionnaire(
            id=top.identifier("id", hyphens=True),
            version=top.whole("version") or 0,
            lang=self._language,
            title=top.text("title") or Text(((self._language, ""),)),
            pages=pages,
            audiences=self._read_texts("audiences"),
            minutes=top.whole("minutes") or 0,
            minutes_line=top.at("minutes").line,
            intro=top.text("intro"),
            end=top.text("end"),
            review=top.flag("review", default=True),
            conditions=conditions,
            generalisation=self._read_generalisation(pages),
            override=self._read_override(),
        )
        self._check_lists()
        self.faulty = check(q, self._broken, self._problems)
        return q

    def _check_top(self) -> None:
        top = self._top
        version = top.scalar("format")
        if version is not None and version.text != FORMAT:
            said = f"Le format « {version.text} » n’est pas connu."
            top.error("format", said, f"Écrivez « format: {FORMAT} ».", "format")
        lang = top.scalar("lang")
        if lang is not None and not LANGUAGE.fullmatch(lang.text):
            said = f"« {lang.text} » n’est pas une langue."
            top.error("wrong-value", said, "Écrivez deux lettres, par exemple « fr ».", "lang")

    # Lists

    def _read_lists(self) -> dict[str, tuple[Option, ...]]:
        return {
            key.text: self._read_list(node)
            for key, node in self._top.pairs("lists")
            if check_id(key, self._problems)
        }

    def _read_list(self, node: Node) -> tuple[Option, ...]:
        if not isinstance(node, Table):
            said = "Une liste est faite de codes et de libellés, ou d’un fichier."
            remedy = "Écrivez {file: listes/nom.csv}, ou un « code: libellé » par ligne."
            self._problems.error(node.mark, "wrong-type", said, remedy)
            return ()
        file = node.get("file")
        if isinstance(file, Scalar) and len(node.entries) == 1:
            return self._read_list_file(file)
        return read_options(node.entries, self._problems, self._language)

    def _read_list_file(self, file: Scalar) -> tuple[Option, ...]:
        path = PurePosixPath(file.text)
        if path.is_absolute() or ".." in path.parts or "\\" in file.text:
            said = "La liste doit être à côté du questionnaire ou en dessous."
            self._problems.error(file.mark, "list-file", said, "Par exemple : listes/nom.csv.")
            return ()
        text = self._fetch(file.text)
        if isinstance(text, Unread):
            self._problems.error(file.mark, "list-file", text.message, text.remedy)
            return ()
        self._fetched[file.text] = text
        return read_csv(file.text, text, self._problems, self._language)

    def _check_lists(self) -> None:
        for key, _ in self._top.pairs("lists"):
            if key.text in self._desk.lists and key.text not in self._desk.used:
                said = f"La liste « {key.text} » ne sert pas."
                self._problems.warning(key.mark, "unused", said, "Retirez-la.")

    # Conditions and texts

    def _read_conditions(self) -> tuple[tuple[str, Condition], ...]:
        conditions = []
        for key, node in self._top.pairs("conditions"):
            condition = None
            if not isinstance(node, Scalar):
                said = f"La condition « {key.text} » doit être écrite sur une ligne."
                self._problems.error(node.mark, "wrong-type", said, "Entourez-la de guillemets.")
            elif check_id(key, self._problems):
                condition = read_condition(node, self._problems)
            if condition is None:
                self._broken.add(key.text)
            else:
                conditions.append((key.text, condition))
        return tuple(conditions)

    def _read_texts(self, key: str) -> tuple[tuple[str, Text], ...]:
        texts = [
            (name.text, text)
            for name, node in self._top.pairs(key)
            if check_id(name, self._problems)
            and (text := read_text(node, key, self._problems, language=self._language))
        ]
        if not texts and key in self._top:
            self._top.error("empty", f"« {key} » est vide.", "Écrivez « agents: … ».", key)
        return tuple(texts)

    def _read_generalisation(self, pages: Iterable[Page]) -> tuple[str, ...]:
        profile = [one.id for page in pages for one in page.questions if one.profile]
        order = []
        for node in self._top.items("generalisation"):
            if isinstance(node, Scalar) and node.text in profile and node.text not in order:
                order.append(node.text)
            elif not (isinstance(node, Scalar) and node.text in self._broken):
                said = "« generalisation » cite une fois chaque question « profile: true »."
                self._problems.error(
                    node.mark, "generalisation", said, f"Possibilités : {', '.join(profile)}."
                )
        return tuple(order)

    def _read_override(self) -> Override | None:
        privacy = self._table(self._top, "privacy", PRIVACY)
        signed = privacy and self._table(privacy, "override", OVERRIDE)
        if not signed:
            return None
        said = {key: self._line(signed, key) for key in ("reason", "signed_by")}
        return Override(
            reason=said["reason"], signed_by=said["signed_by"], date=signed.date("date")
        )

    def _table(self, fields: Fields, key: str, shape: Shape) -> Fields | None:
        node = fields.node(key)
        if node is None or isinstance(node, Table):
            return Fields(node, self._problems, shape, language=self._language) if node else None
        fields.pairs(key)  # says that it is not a table
        return None

    def _line(self, fields: Fields, key: str) -> str:
        scalar = fields.scalar(key)
        if scalar is not None and not scalar.text.strip():
            fields.error("empty-text", f"La clé « {key} » est vide.", "Écrivez un texte.", key)
        return scalar.text.strip() if scalar else ""

    # Pages

    def _read_pages(self) -> tuple[Page, ...]:
        items = self._top.items("pages")
        if not items and isinstance(self._top.node("pages"), Series):
            self._top.error("empty", "Il n’y a aucune page.", "Ajoutez « - id: … ».", "pages")
        pages = [page for node in items if (page := self._read_page(node)) is not None]
        self._check_unique((page.id, page.line, "La page") for page in pages)
        self._check_unique(
            (one.id, one.line, "La question") for page in pages for one in page.questions
        )
        names = {key.text: key for key, _ in self._top.pairs("conditions")}
        for one in (one for page in pages for one in page.questions if one.id in names):
            said = f"« {one.id} » nomme déjà la question de la ligne {one.line}."
            remedy = "Donnez un autre nom à la condition."
            self._problems.error(names[one.id].mark, "duplicate-id", said, remedy)
        return tuple(pages)

    def _check_unique(self, places: Iterable[tuple[str, int, str]]) -> None:
        first: dict[str, int] = {}
        for name, line, what in places:
            if name in first:
                said = f"{what} « {name} » existe déjà, à la ligne {first[name]}."
                mark = self._problems.start_of(line)
                self._problems.error(mark, "duplicate-id", said, "Donnez-lui un autre id.")
            first.setdefault(name, line)

    def _read_page(self, node: Node) -> Page | None:
        if not isinstance(node, Table):
            said = "Une page est faite de clés."
            self._problems.error(node.mark, "wrong-type", said, "Écrivez « - id: … ».")
            return None
        fields = Fields(node, self._problems, PAGE, language=self._language)
        page_id = fields.identifier("id")
        page = Page(
            id=page_id,
            title=fields.text("title") or Text(((self._language, ""),)),
            questions=self._read_questions(fields),
            intro=fields.text("intro"),
            show_if=fields.condition("show_if"),
            shuffle=fields.identifier("shuffle"),
            checks=tuple(self._read_checks(fields)),
            line=fields.at("id").line,
        )
        return page if page_id else None

    def _read_questions(self, fields: Fields) -> tuple[Kind, ...]:
        items = fields.items("questions")
        if not items and isinstance(fields.node("questions"), Series):
            fields.error("empty", "Cette page n’a pas de question.", "Retirez-la.", "questions")
        questions = []
        for node in items:
            question = read_question(node, self._desk)
            if question is not None:
                questions.append(question)
            elif isinstance(node, Table) and isinstance(name := node.get("id"), Scalar):
                self._broken.add(name.text)
        return tuple(questions)

    def _read_checks(self, page: Fields) -> Iterable[Check]:
        for node in page.items("checks"):
            if not isinstance(node, Table):
                said = "Un contrôle a une condition et un message."
                self._problems.error(
                    node.mark, "wrong-type", said, "Écrivez {warn_if: …, message: …}."
                )
                continue
            fields = Fields(node, self._problems, CHECK, language=self._language)
            warn_if, message = fields.condition("warn_if"), fields.text("message")
            if warn_if and message:
                yield Check(warn_if=warn_if, message=message)
