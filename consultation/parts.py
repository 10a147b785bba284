"""What an application is made of: each part is found by its class, and by nothing else.

`create_app` fills the mapping. Views and commands ask the application that runs, `part(Roll)`;
whoever holds an application asks it, `app.parts[Roll]`. The type checker knows what comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app

P = TypeVar("P")


class MissingPart(LookupError):
    """What was asked for belongs to a side that this server leaves out; says which, in French."""

    def __init__(self, kind: type[object]) -> None:
        super().__init__(
            f"ce serveur n’a pas « {kind.__name__} », d’un côté que CONSULTATION_SIDES écarte."
        )


class Parts:
    """One part of each class."""

    def __init__(self, *made: object) -> None:
        self._by_class: dict[type[object], object] = {}
        for one in made:
            self.add(one)

    def add(self, made: P) -> P:
        """Keep this part, and give it back; ValueError when there is one of its class already."""
        kind = type(made)
        if kind in self._by_class:
            raise ValueError(f"there is one {kind.__name__} already")
        self._by_class[kind] = made
        return made

    def get(self, kind: type[P]) -> P | None:
        """The part of this class, if there is one here."""
        return cast("P | None", self._by_class.get(kind))

    def __getitem__(self, kind: type[P]) -> P:
        """The part of this class; MissingPart when there is none."""
        found = self.get(kind)
        if found is None:
            raise MissingPart(kind)
        return found

    def __contains__(self, kind: type[object]) -> bool:
        return kind in self._by_class

    def all(self) -> tuple[object, ...]:
        """Every part."""
        return tuple(self._by_class.values())


class Application(Flask):
    """Flask with its parts, told once that nothing here is asynchronous, not at every hook."""

    def __init__(self, name: str, *, template_folder: str) -> None:
        super().__init__(name, static_folder=None, template_folder=template_folder)
        self.parts = Parts()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def parts() -> Parts:
    """The parts of the application that runs."""
    return cast(Application, current_app).parts


def part(kind: type[P]) -> P:
    """Its part of this class; MissingPart when its side has none."""
    return parts()[kind]
