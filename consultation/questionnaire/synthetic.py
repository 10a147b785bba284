"""Synthetic respondents: what a random agent who follows the rules would post."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date

from consultation.questionnaire.answers import (
    prune,
    visible_options,
    visible_rows,
)
from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.dates import parts_of, shorten
from consultation.questionnaire.model import (
    OPT_OUT,
    Answer,
    Answers,
    Choice,
    Choices,
    Date,
    LongText,
    Matrix,
    Number,
    Option,
    Page,
    Question,
    Questionnaire,
    Rank,
    Scale,
    ShortText,
)
from consultation.questionnaire.numerals import canonical

APART = 0.3
"""How likely « sans avis » is, next to an ordinary option."""

WRITING = 0.4
"""How likely an open text is, next to a closed question."""


def respond(
    q: Questionnaire,
    page: Page,
    answers: Answers,
    context: Context,
    rng: random.Random,
    *,
    eagerness: float = 0.8,
) -> dict[str, list[str]]:
    """The form fields of a page; optional questions are answered with this probability."""
    visible = dict(prune(q, answers, context))
    for question in page.questions:
        visible.pop(question.id, None)
    posted: dict[str, list[str]] = {}
    for question in page.questions:
        if not evaluate(question.show_if, visible, context):
            continue
        likely = eagerness * (WRITING if isinstance(question, LongText) else 1)
        if question.required is None and rng.random() >= likely:
            continue
        value = some_answer(question, visible, context, rng)
        if value is not None:
            visible[question.id] = value
            posted |= fields(question, value)
    return posted


def fields(question: Question, value: Answer) -> dict[str, list[str]]:
    """The form fields that give this answer to this question."""
    if isinstance(value, Mapping):
        return {f"{question.id}.{row}": [code] for row, code in value.items()}
    if isinstance(question, Date) and isinstance(value, str):
        return {f"{question.id}.{part}": [number] for part, number in parts_of(value).items()}
    if isinstance(value, tuple) and isinstance(question, Rank):
        return {f"{question.id}.{place}": [code] for place, code in enumerate(value, 1)}
    if isinstance(value, tuple):
        return {question.id: list(value)}
    return {question.id: [str(value).replace(".", ",") if isinstance(value, float) else str(value)]}


def some_answer(
    question: Question, visible: Answers, context: Context, rng: random.Random
) -> Answer | None:
    """An answer to this question; None when it offers none."""
    match question:
        case Choice():
            return _pick(visible_options(question, visible, context), rng)
        case Choices():
            return _several(question, visible_options(question, visible, context), rng)
        case Matrix():
            return _grid(question, visible, context, rng)
        case Rank():
            options = visible_options(question, visible, context)
            most = min(question.top, len(options))
            return tuple(one.code for one in rng.sample(options, rng.randint(1, most)))
        case Scale():
            steps = range(question.start, question.stop + 1)
            return OPT_OUT if question.opt_out and rng.random() < APART / 3 else rng.choice(steps)
        case Number():
            return _number(question, rng)
        case Date():
            return _date(question, rng)
        case ShortText() | LongText():
            return _words(question.max_length, rng)
    return None


def _pick(options: Sequence[Option], rng: random.Random) -> str | None:
    if not options:
        return None
    weights = [APART if option.apart else 1 for option in options]
    return rng.choices(options, weights)[0].code


def _several(
    question: Choices, options: Sequence[Option], rng: random.Random
) -> tuple[str, ...] | None:
    alone = [option for option in options if option.exclusive]
    others = [option for option in options if not option.exclusive]
    low = max(1, question.min)
    if alone and (len(others) < low or rng.random() < APART / 2):
        return (rng.choice(alone).code,)
    most = min(question.max or len(others), len(others))
    if most < low:
        return None
    chosen = set(rng.sample(range(len(others)), rng.randint(low, min(most, low + 3))))
    return tuple(option.code for place, option in enumerate(others) if place in chosen)


def _grid(
    question: Matrix, visible: Answers, context: Context, rng: random.Random
) -> Answer | None:
    options = visible_options(question, visible, context)
    answered = {
        row.id: _pick(options, rng)
        for row in visible_rows(question, visible, context)
        if question.required or rng.random() < 0.95
    }
    return {row: code for row, code in answered.items() if code} or None


def _number(question: Number, rng: random.Random) -> int | float:
    low = question.min if question.min is not None else 0.0
    high = question.max if question.max is not None else low + 100
    step = 10**-question.decimals
    value = round(round(rng.uniform(low, high) / step) * step, question.decimals)
    return canonical(min(max(value, low), high))


def _date(question: Date, rng: random.Random) -> str:
    low, high = (
        date.fromisoformat(bound or usual).toordinal()
        for bound, usual in ((question.min, "1990-01-01"), (question.max, "2024-06-30"))
    )
    day = date.fromordinal(rng.randint(min(low, high), max(low, high)))
    return shorten(day.isoformat(), question.precision)


def _words(limit: int, rng: random.Random) -> str:
    text = ""
    for sentence in rng.sample(_SENTENCES, rng.randint(1, 3)):
        longer = f"{text}{rng.choice((' ', ' ', chr(10)))}{sentence}".strip()
        if len(longer) <= limit:
            text = longer
    return text or _SENTENCES[0][:limit].strip()


_SENTENCES = (
    "Les délais se sont allongés depuis la dernière réorganisation.",
    "Il faudrait un interlocuteur unique pour chaque dossier.",
    "Nos outils ne communiquent pas entre eux : tout est saisi deux fois.",
    "La formation arrive souvent après la prise de poste.",
    "Un réseau plus stable changerait notre quotidien, surtout en sous-préfecture.",
    "L’entraide entre services fonctionne bien « sur le terrain ».",
    "Merci de tenir compte des coûts de déplacement ; ils augmentent.",
    "Priorité aux effectifs : 3 départs, 1 remplacement.",
    "- simplifier les formulaires\n- rappeler les usagers\n- prévoir des permanences",
    "Le télétravail est utile, à condition de garder un jour commun.",
    "Rien à signaler, le collectif est solide.",
    "Pourquoi ne pas mutualiser les astreintes entre départements voisins ?",
)
