"""Writing YAML that people will go on editing: block style, comments, no line that surprises."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

Value: TypeAlias = Union[str, int, float, bool, Sequence["Value"], "Block", "Flow"]


@dataclass(frozen=True)
class Entry:
    """A key, its value, and the remarks written above it."""

    key: str
    value: Value
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Keys and values, one a line; comments without a key come last."""

    entries: tuple[Entry, ...]
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """Keys and values on one line, between braces."""

    entries: tuple[Entry, ...]


def write(block: Block) -> str:
    """The document."""
    return "\n".join(_block(block, 0)) + "\n"


def _block(block: Block, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for entry in block.entries:
        for comment in entry.comments:
            yield from _comment(comment, indent)
        yield from _entry(entry, depth)
    for comment in block.comments:
        yield from _comment(comment, indent)


def _comment(text: str, indent: str) -> Iterator[str]:
    for line in re.split(r"[\r\n\x85\u2028\u2029]+", text):
        said = "".join(char if char.isprintable() else " " for char in line)
        yield f"{indent}# {said.strip()}".rstrip()


def _entry(entry: Entry, depth: int) -> Iterator[str]:
    indent, key = "  " * depth, _scalar(entry.key)
    value = entry.value
    if isinstance(value, Block):
        yield f"{indent}{key}:"
        yield from _block(value, depth + 1)
    elif isinstance(value, str) and "\n" in value:
        yield f"{indent}{key}: |-"
        yield from (f"{indent}  {line}".rstrip() for line in value.split("\n"))
    elif isinstance(value, list | tuple) and any(isinstance(one, Block) for one in value):
        yield f"{indent}{key}:"
        for one in value:
            yield from _item(one, depth + 1)
    elif isinstance(value, str) and _is_plain(value, _ALONE):
        yield f"{indent}{key}: {value}"
    else:
        yield f"{indent}{key}: {_inline(value)}"


def _item(value: Value, depth: int) -> Iterator[str]:
    """An item of a list: its first key follows the dash."""
    indent = "  " * depth
    if not isinstance(value, Block):
        yield f"{indent}- {_inline(value)}"
        return
    first, *others = value.entries
    for comment in first.comments:
        yield from _comment(comment, indent)
    head, *tail = _entry(Entry(first.key, first.value), depth + 1)
    yield f"{indent}- {head.strip()}"
    yield from tail
    yield from _block(Block(tuple(others), value.comments), depth + 1)


def _inline(value: Value) -> str:
    if isinstance(value, Flow | Block):
        inside = ", ".join(f"{_scalar(one.key)}: {_inline(one.value)}" for one in value.entries)
        return f"{{{inside}}}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, str):
        return _scalar(value)
    return f"[{', '.join(_inline(one) for one in value)}]"


_PLAIN = re.compile(r"[^\W\d][\w’ ().…–/-]*(?<![ /-])")
_ALONE = re.compile(  # alone on its line
    r"[^\W\d][\w’ ().…–/,;?!='<>\[\]\u00a0\u202f-]*(?<![ /-])|\d{4}-\d\d-\d\d"
)
_WORDS = frozenset({"true", "false", "yes", "no", "null"})


def _scalar(text: str) -> str:
    return text if _is_plain(text, _PLAIN) else json.dumps(text, ensure_ascii=False)


def _is_plain(text: str, shape: re.Pattern[str]) -> bool:
    """Whether YAML and people read the same text without quotes."""
    return bool(shape.fullmatch(text)) and "  " not in text and text.lower() not in _WORDS
