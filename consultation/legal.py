"""What the law has a site say of itself, read from a file: who publishes, who hosts, which audit.

Nothing here is a secret. What the file does not say, the pages say that it can be asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

NOT_COMPLIANT = "non conforme"
PARTLY_COMPLIANT = "partiellement conforme"
COMPLIANT = "totalement conforme"
YEARS = 3
"""How long a statement made from an audit is valid (decree 2019-768)."""


@dataclass(frozen=True, kw_only=True)
class Body:
    """A publisher or a host; `director`: of the publication."""

    name: str = ""
    address: str = ""
    telephone: str = ""
    director: str = ""


@dataclass(frozen=True, kw_only=True)
class Data:
    """What the law on personal data has said of the list of invitations."""

    controller: str = ""
    dpo: str = ""
    basis: str = ""
    recipients: str = ""
    retention: str = ""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """An audit of accessibility; `rate`: criteria respected, in hundredths."""

    day: date
    by: str
    rate: float
    version: str = "4.1"
    not_accessible: tuple[str, ...] = ()
    derogations: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()

    @property
    def last_day(self) -> date:
        """The last day it may be relied on."""
        try:
            return self.day.replace(year=self.day.year + YEARS)
        except ValueError:  # a 29 February
            return date(self.day.year + YEARS, 2, 28)


@dataclass(frozen=True, kw_only=True)
class Accessibility:
    """What the accessibility statement says besides the audit; addresses of the two plans."""

    scheme: str = ""
    plan: str = ""
    contact: str = ""
    audit: Audit | None = None

    def state(self, today: Callable[[], date]) -> str:
        """How far the site complies, in the words of the law; `today` is asked only if needed."""
        audit = self.audit
        if audit is None or audit.rate < 50 or today() > audit.last_day:
            return NOT_COMPLIANT
        return COMPLIANT if audit.rate == 100 else PARTLY_COMPLIANT


@dataclass(frozen=True, kw_only=True)
class Legal:
    """The whole file."""

    publisher: Body = Body()
    host: Body = Body()
    data: Data = Data()
    accessibility: Accessibility = Accessibility()

    @property
    def missing(self) -> Iterator[str]:
        """What the law wants and the file does not say."""
        wanted = {
            "publisher": (self.publisher, ("name", "address", "director")),
            "host": (self.host, ("name", "address", "telephone")),
            "data": (self.data, ("controller", "dpo", "retention")),
            "accessibility": (self.accessibility, ("scheme",)),
        }
        for section, (said, names) in wanted.items():
            yield from (f"{section}.{name}" for name in names if not getattr(said, name))


@dataclass(frozen=True)
class Read:
    """A file once read, and what is wrong in it."""

    legal: Legal = field(default_factory=Legal)
    problems: tuple[str, ...] = ()


def read(text: str) -> Read:
    """The file of this content, with every problem and its remedy."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Read(problems=(f"le fichier n’est pas du TOML\u00a0: {error}.",))
    problems: list[str] = []
    with _Table(content, "", problems) as top:
        legal = Legal(
            publisher=_body(top, "publisher"),
            host=_body(top, "host"),
            data=_data(top),
            accessibility=_accessibility(top),
        )
    return Read(legal, tuple(problems))


def _body(top: _Table, name: str) -> Body:
    with top.table(name) as table:
        return Body(
            name=table.text("name"),
            address=table.text("address"),
            telephone=table.text("telephone"),
            director=table.text("director"),
        )


def _data(top: _Table) -> Data:
    with top.table("data") as table:
        return Data(
            controller=table.text("controller"),
            dpo=table.text("dpo"),
            basis=table.text("basis"),
            recipients=table.text("recipients"),
            retention=table.text("retention"),
        )


def _accessibility(top: _Table) -> Accessibility:
    with top.table("accessibility") as table:
        return Accessibility(
            scheme=table.text("scheme"),
            plan=table.text("plan"),
            contact=table.text("contact"),
            audit=_audit(table) if table.has("audit") else None,
        )


def _audit(accessibility: _Table) -> Audit | None:
    with accessibility.table("audit") as table:
        day, by, rate = table.day("day"), table.text("by", needed=True), table.rate("rate")
        audit = Audit(
            day=day or date.min,
            by=by,
            rate=rate,
            version=table.text("version") or "4.1",
            not_accessible=table.texts("not_accessible"),
            derogations=table.texts("derogations"),
            exempt=table.texts("exempt"),
            tools=table.texts("tools"),
            environments=table.texts("environments"),
            pages=table.texts("pages"),
        )
    return audit if day and by else None


class _Table:
    """A table of the file: gives what is asked of it, then tells what nobody asked for."""

    def __init__(self, content: Mapping[str, object], path: str, problems: list[str]) -> None:
        self._content = content
        self._path = path
        self._problems = problems
        self._asked: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._content.keys() - set(self._asked):
            self._wrong(name, f"inconnu. Choix possibles, {', '.join(self._asked)}.")

    def has(self, name: str) -> bool:
        """Whether the table says it."""
        return name in self._content

    def table(self, name: str) -> _Table:
        """A table inside this one; empty when it is not there."""
        value = self._value(name, {})
        if not isinstance(value, dict):
            self._wrong(name, "une rubrique entre crochets est attendue.")
            value = {}
        return _Table(value, f"{self._path}{name}.", self._problems)

    def text(self, name: str, *, needed: bool = False) -> str:
        """A text, on one line or several."""
        value = self._value(name, "")
        if not isinstance(value, str) or (needed and not value.strip()):
            self._wrong(name, "un texte entre guillemets est attendu.")
            return ""
        return value.strip()

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._value(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._wrong(name, "une liste de textes entre crochets est attendue.")
            return ()
        return tuple(value)

    def day(self, name: str) -> date | None:
        """A day."""
        value = self._value(name, None)
        if isinstance(value, datetime) or not isinstance(value, date):
            self._wrong(name, "une date est attendue, par exemple 2026-04-14, sans guillemets.")
            return None
        return value

    def rate(self, name: str) -> float:
        """A number of hundredths."""
        value = self._value(name, None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
            self._wrong(name, "un nombre de 0 à 100 est attendu, par exemple 87.5.")
            return 0.0
        return float(value)

    def _value(self, name: str, default: object) -> object:
        self._asked.append(name)
        return self._content.get(name, default)

    def _wrong(self, name: str, sentence: str) -> None:
        self._problems.append(f"«\u00a0{self._path}{name}\u00a0»\u00a0: {sentence}")
