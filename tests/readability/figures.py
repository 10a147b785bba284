"""The figures of some files: sizes, modules, habits, and where a kind of question is known.

A line is a line of a file, blank or not. Nesting counts the control statements that stand in one
another within one function, `elif` once. A patch changes, for a while or for good, what belongs to
another module. Complexity is ruff's to count.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from .source import Function, Source

LANGUAGE = "consultation/questionnaire"  # where the kinds of question are
PARTS = ("extensions", "parts", "_parts")  # what Flask keeps for us, and what we call it
PATCHING = ("monkeypatch.", "mocker.", "pytest.MonkeyPatch", "unittest.mock.")

Block = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith
Block |= ast.Try | ast.TryStar | ast.Match
Figure = int | float | Mapping[str, int | list[str]]  # of all, or of each: how many, or which


def measure(sources: Iterable[Source], folders: Iterable[str]) -> dict[str, dict[str, Figure]]:
    """The figures of each folder."""
    ordered = sorted(sources, key=lambda one: one.path)
    kinds = _kinds(one for one in ordered if one.path.startswith(f"{LANGUAGE}/"))
    within = {name: [one for one in ordered if one.path.startswith(f"{name}/")] for name in folders}
    return {
        name: _sizes(found) | _modules(found) | _habits(found) | _spread(found, kinds)
        for name, found in within.items()
    }


def patches(sources: Iterable[Source]) -> dict[str, list[str]]:
    """What each file does to what belongs to another module."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for node in source.nodes:
            if _patches(source, node):
                found[source.path].append(ast.unparse(node))
    return found


def cycles(sources: Sequence[Source], *, types: bool = False) -> dict[str, list[str]]:
    """Modules that lead back to themselves by imports; `types`: those for types alone included."""
    known = {one.module: one.module for one in sources}
    known |= {name.removeprefix("tests."): name for name in known}  # pytest's other path
    reached = _closed({one.module: set(_imports(one, known, types=types)) for one in sources})
    circles = {
        tuple(sorted(other for other in others if module in reached[other]))
        for module, others in reached.items()
        if module in others
    }
    return {circle[0]: list(circle) for circle in circles}


def _sizes(sources: Sequence[Source]) -> dict[str, Figure]:
    lines = {one.path: len(one.text.splitlines()) for one in sources}
    functions = [one for source in sources for one in source.functions]
    lengths = [_length(node) for _, node in functions]
    depths = [_depth(node) for _, node in functions]
    names = [name for name, _ in functions]
    return {
        "files": len(lines),
        "lines": sum(lines.values()),
        "lines of a file, median": _rank(lines.values(), 50),
        "lines of each file": lines,
        "functions": len(functions),
        "lines of a function, median": _rank(lengths, 50),
        "lines of a function, 90th percentile": _rank(lengths, 90),
        "lines of each function": _by_name(names, lengths),
        "functions nested more than two deep": sum(depth > 2 for depth in depths),
        "nesting of each function": _by_name(names, depths),
    }


def _modules(sources: Sequence[Source]) -> dict[str, Figure]:
    found, typed = cycles(sources), cycles(sources, types=True)
    shared = _shared(sources)
    return {
        "import cycles": len(found),
        "modules of each cycle": found,
        "import cycles, imports for types included": len(typed),
        "modules of each cycle, imports for types included": typed,
        "public names that several modules define": len(shared),
        "modules of each such name": shared,
    }


def _habits(sources: Sequence[Source]) -> dict[str, Figure]:
    nodes = [(source, node) for source in sources for node in source.nodes]
    comments = [comment for source in sources for comment in source.comments]
    tests = sum(node.name.startswith("test_") for one in sources for _, node in one.functions)
    patched = patches(sources)
    made = sum(len(lines) for lines in patched.values())
    keys = Counter(key for source, node in nodes if (key := _extension(source, node)))
    return {
        "Any": sum(source.whole(node) == "typing.Any" for source, node in nodes),
        "type: ignore": sum("type: ignore" in one for one in comments),
        "noqa": sum("noqa" in one for one in comments),
        "tests": tests,
        "patches": made,
        "patches for 100 tests": round(100 * made / tests, 1) if tests else 0,
        "patches of each file": patched,
        "string keys of extensions": len(keys),
        "uses of each key": keys,
    }


def _spread(sources: Sequence[Source], kinds: Collection[str]) -> dict[str, Figure]:
    named = {one.path: _named(one, one.nodes, kinds) for one in sources}
    apart = {
        path: found
        for path, found in named.items()
        if found and not path.startswith(f"{LANGUAGE}/kinds/")
    }
    asked = {
        source.path: sum(bool(_named(source, _asked(node), kinds)) for node in source.nodes)
        for source in sources
    }
    return {
        "files that name a kind of question, outside kinds/": len(apart),
        "kinds that each names": apart,
        "isinstance and match over the kinds": sum(asked.values()),
        "isinstance and match of each file": {path: many for path, many in asked.items() if many},
    }


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _depth(node: ast.AST) -> int:
    """How many control statements stand in one another, inner functions apart."""
    return max(
        (
            _depth(child) + (isinstance(child, Block) and not _is_elif(node, child))
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, Function)
        ),
        default=0,
    )


def _is_elif(above: ast.AST, node: ast.stmt) -> bool:
    return (
        isinstance(above, ast.If) and node in above.orelse and node.col_offset == above.col_offset
    )


def _shared(sources: Iterable[Source]) -> dict[str, list[str]]:
    defined: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        nodes = [one for one in source.tree.body if isinstance(one, Function | ast.ClassDef)]
        for name in sorted({node.name for node in nodes}):
            defined[name].append(source.path)
    return {
        name: paths
        for name, paths in defined.items()
        if len(paths) > 1 and not name.startswith(("_", "test_"))
    }


def _imports(source: Source, known: Mapping[str, str], *, types: bool) -> Iterator[str]:
    """The known modules that a module imports, in its functions too."""
    for one in source.imports:
        module = known.get(one.whole) or known.get(one.whole.rpartition(".")[0])
        if module and (types or not one.for_types):
            yield module


def _closed(edges: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """All that each leads to, by however many steps."""
    reached: dict[str, set[str]] = {}
    for start in edges:
        found, waiting = set(), set(edges[start])
        while waiting:
            found |= waiting
            waiting = {far for one in waiting for far in edges.get(one, ())} - found
        reached[start] = found
    return reached


def _patches(source: Source, node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name("setattr" | "delattr"), args=[target, *_]):
            return _is_imported(source, target)
        case ast.Call(func=function):
            return source.whole(function).startswith(PATCHING)
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            return _is_imported(source, node)
    return False


def _is_imported(source: Source, node: ast.AST) -> bool:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    whole = source.imported.get(node.id, "") if isinstance(node, ast.Name) else ""
    return whole.split(".")[0] not in ("", "flask")  # its g and session are there for that


def _extension(source: Source, node: ast.AST) -> str:
    match node:
        case ast.Subscript(mapping, ast.Constant(str(key))):
            return key if source.whole(mapping).split(".")[-1] in PARTS else ""
    return ""


def _kinds(sources: Iterable[Source]) -> set[str]:
    """The classes of questions that no other class stands upon."""
    classes = [node for one in sources for node in one.nodes if isinstance(node, ast.ClassDef)]
    above: dict[str, set[str]] = defaultdict(set)  # of all the classes of this name
    for node in classes:
        above[node.name] |= {ast.unparse(base) for base in node.bases}
    questions = {name for name, bases in _closed(above).items() if "Question" in bases}
    return questions - set().union(*above.values())


def _named(source: Source, nodes: Iterable[ast.AST], kinds: Collection[str]) -> list[str]:
    """The kinds of question among the names used."""
    package = LANGUAGE.replace("/", ".")
    found = set()
    for node in nodes:
        whole = node.name if isinstance(node, ast.ClassDef) else source.whole(node)
        place, _, name = whole.rpartition(".")
        if name in kinds and (place or source.module).startswith(package):
            found.add(name)
    return sorted(found)


def _asked(node: ast.AST) -> Iterator[ast.AST]:
    """Where the classes stand in what asks for the class of a value."""
    match node:
        case ast.Call(func=ast.Name("isinstance")):
            yield from ast.walk(node)
        case ast.Match(cases=cases):
            for case in cases:
                yield from ast.walk(case.pattern)


def _rank(numbers: Iterable[int], percent: int) -> int:
    """The smallest number that so many of them, in a hundred, do not exceed."""
    ordered = sorted(numbers)
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else 0


def _by_name(names: Iterable[str], numbers: Iterable[int]) -> dict[str, int]:
    """Of two functions of one name in one file, the greater number."""
    return {name: number for number, name in sorted(zip(numbers, names, strict=True))}
