"""One Python file: its functions, its comments, and what its names stand for."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """A name that an import gives, and what it stands for."""

    name: str
    whole: str
    for_types: bool


class Source:
    """The path is from the top of the tree."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.tree = ast.parse(text)
        self.nodes = list(ast.walk(self.tree))

    @cached_property
    def functions(self) -> list[tuple[str, Function]]:
        """Each function with its path and name, those inside classes and functions included."""
        return list(_functions(self.tree, f"{self.path} "))

    @cached_property
    def comments(self) -> list[str]:
        """What is said to people and to tools."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [one.string for one in tokens if one.type == tokenize.COMMENT]

    @cached_property
    def imports(self) -> list[Import]:
        """Those of the module and those of its functions."""
        for_types = {inner for node in self.nodes for inner in _for_types(node)}
        return [
            Import(alias.asname or alias.name, before + alias.name, node in for_types)
            for node in self.nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for before in [f"{node.module}." if isinstance(node, ast.ImportFrom) else ""]
            for alias in node.names
        ]

    @cached_property
    def imported(self) -> dict[str, str]:
        """What each name stands for."""
        return {one.name: one.whole for one in self.imports}

    def whole(self, node: ast.AST) -> str:
        """The dotted name of an expression, from where it is imported; empty when it has none."""
        if isinstance(node, ast.Attribute):
            before = self.whole(node.value)
            return before and f"{before}.{node.attr}"
        return self.imported.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _for_types(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        yield from (inner for line in node.body for inner in ast.walk(line))


def _functions(node: ast.AST, before: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        inner = f"{before}{child.name}." if isinstance(child, Function | ast.ClassDef) else before
        if isinstance(child, Function):
            yield inner[:-1], child
        yield from _functions(child, inner)
