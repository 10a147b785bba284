"""The way through a questionnaire as a drawing, and who sees what as a table.

There is no jump: pages follow each other, and a page that has a condition is passed by those who do
not meet it. Pages of the same draw stand in one frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from consultation.questionnaire.elements import Option, Row
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.spelling import EVERYONE, Speller
from consultation.questionnaire.texts import plain

START, END = "debut", "envoi"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A page, the question whether it is shown, the beginning or the end."""

    name: str
    words: str
    kind: str  # page | condition | end


@dataclass(frozen=True, kw_only=True)
class Edge:
    """From a node to the next one; `words` tells which way is taken."""

    start: str
    end: str
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Nodes and edges; `frames` are the draws of pages: their tag, and the nodes within."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    frames: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def graph_of(q: Questionnaire) -> Graph:
    """The pages in their order, and what decides of each."""
    speller = Speller(q)
    nodes = [Node(name=START, words="Début", kind="end")]
    edges: list[Edge] = []
    frames: dict[str, tuple[str, ...]] = {}
    waiting = [(START, "")]  # what leads to the next node, and by which way
    for page in q.pages:
        inside = [Node(name=f"p_{page.id}", words=_page_words(page), kind="page")]
        if page.show_if:
            asked = speller.seen_by(page.show_if)
            inside.insert(0, Node(name=f"c_{page.id}", words=asked, kind="condition"))
        edges += [Edge(start=start, end=inside[0].name, words=words) for start, words in waiting]
        waiting = [(inside[-1].name, "")]
        if page.show_if:
            edges.append(Edge(start=inside[0].name, end=inside[1].name, words="oui"))
            waiting.append((inside[0].name, "non"))
        nodes += inside
        if page.shuffle:
            names = tuple(node.name for node in inside)
            frames[page.shuffle] = (*frames.get(page.shuffle, ()), *names)
    edges += [Edge(start=start, end=END, words=words) for start, words in waiting]
    nodes.append(
        Node(name=END, words="Relire, puis envoyer" if q.review else "Envoyer", kind="end")
    )
    return Graph(nodes=tuple(nodes), edges=tuple(edges), frames=frames)


def mermaid(q: Questionnaire) -> str:
    """The drawing as Mermaid, which forges and editors show."""
    graph = graph_of(q)
    shapes = {"page": '["{}"]', "condition": '{{"{}"}}', "end": '(["{}"])'}
    inside = {name for names in graph.frames.values() for name in names}
    told = {
        node.name: node.name + shapes[node.kind].format(_html(node.words)) for node in graph.nodes
    }
    lines = ["flowchart TD"]
    lines += [f"  {told[node.name]}" for node in graph.nodes if node.name not in inside]
    for tag, names in graph.frames.items():
        lines.append(f'  subgraph t_{tag}["{_html(_draw_words(tag))}"]')
        lines += [f"    {told[name]}" for name in names]
        lines.append("  end")
    for edge in graph.edges:
        arrow = f"-->|{edge.words}|" if edge.words else "-->"
        lines.append(f"  {edge.start} {arrow} {edge.end}")
    return "\n".join(lines)


def dot(q: Questionnaire) -> str:
    """The drawing as Graphviz reads it."""
    graph = graph_of(q)
    shapes = {"page": "box", "condition": "diamond", "end": "oval"}
    lines = ["digraph {", "  node [fontname=sans];"]
    lines += [
        f"  {node.name} [shape={shapes[node.kind]}, label={_quoted(node.words)}];"
        for node in graph.nodes
    ]
    for tag, names in graph.frames.items():
        inside = " ".join(f"{name};" for name in names)
        lines.append(f"  subgraph cluster_{tag} {{ label={_quoted(_draw_words(tag))}; {inside} }}")
    for edge in graph.edges:
        label = f" [label={_quoted(edge.words)}]" if edge.words else ""
        lines.append(f"  {edge.start} -> {edge.end}{label};")
    return "\n".join((*lines, "}"))


def seen_by(q: Questionnaire) -> str:
    """Who sees what, as a Markdown table: pages, questions, and the answers not offered to all."""
    lines = ["| Page | Question | Vue par |", "|---|---|---|"]
    for page in q.pages:
        for what, who in _seen(Speller(q), page):
            lines.append(f"| {_cell(plain(page.title))} | {_cell(what)} | {_cell(who)} |")
    return "\n".join(lines)


def _seen(speller: Speller, page: Page) -> Iterator[tuple[str, str]]:
    for question in page.questions:
        asked = f"{question.id} – {plain(question.text)}"
        yield asked, speller.seen_by(page.show_if, question.show_if)
        for part, who in _parts(speller, question):
            yield f"{question.id}, « {part} »", f"parmi ces personnes, {who}"


def _parts(speller: Speller, question: Question) -> Iterator[tuple[str, str]]:
    parts: tuple[Option | Row, ...] = (*question.rows, *question.options)
    for one in parts:
        who = speller.seen_by(one.show_if)
        if who != EVERYONE:
            yield plain(one.label), who


def _page_words(page: Page) -> str:
    count = len(page.questions)
    return f"{plain(page.title)} ({count} question{'s' if count > 1 else ''})"


def _draw_words(tag: str) -> str:
    return f"Dans un ordre tiré au sort : {tag}"


def _html(words: str) -> str:
    escaped = words.replace("&", "&amp;").replace('"', "&quot;")
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _cell(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")
