"""One question of every kind, and a page that shows them, for tests of what pages look like."""

from __future__ import annotations

from dataclasses import replace

from consultation.questionnaire.fields import (
    Field,
    FieldDefinition,
    FieldOption,
    FieldPart,
    FieldRank,
    FieldRow,
    OtherField,
)

PAGE = """
{% extends "survey/base.html" %}
{% from "survey/questions.html" import enter_continues, may_skip, question_field %}
{% block scripts %}{% endblock %}
{% block heading %}Le titre{% endblock %}
{% block content %}
<form method="post" novalidate>
{{ enter_continues() }}
{{ may_skip(fields) }}
{% for field in fields %}{{ question_field(field) }}{% endfor %}
</form>
{% endblock %}
"""


def options(field: str, *labels: str) -> tuple[FieldOption, ...]:
    return tuple(
        FieldOption(value=f"v{number}", label=label, id=f"{field}-{number}")
        for number, label in enumerate(labels, 1)
    )


def row(field: str, name: str, label: str) -> FieldRow:
    dom_id = f"{field}-{name}"
    return FieldRow(
        id=dom_id, name=f"{field}.{name}", label=label, options=options(dom_id, "Non", "Oui")
    )


OTHER = OtherField(name="service.other", id="service-other", value="", max=1200)
CHOICE = Field(
    kind="choice",
    id="service",
    name="service",
    label="Votre service ?",
    first_id="service-1",
    options=(
        *options("service", "Préfecture", "Direction"),
        FieldOption(value="autre", label="Autre", id="service-3", other=OTHER),
        FieldOption(value="", label="Ne pas répondre", id="service-4", apart=True),
    ),
)
LIST = Field(
    kind="list",
    id="territoire",
    name="territoire",
    label="Votre territoire ?",
    first_id="territoire",
    options=(
        FieldOption(value="D01", label="Ain", id="territoire-1", group="Auvergne"),
        FieldOption(value="D22", label="Côtes", id="territoire-2", group="Bretagne", checked=True),
        FieldOption(value="D29", label="Finistère", id="territoire-3", group="Bretagne"),
        FieldOption(value="nr", label="Je préfère ne pas répondre", id="territoire-4"),
    ),
)
CHOICES = Field(
    kind="choices",
    id="leviers",
    name="leviers",
    label="Que changer ?",
    first_id="leviers-1",
    max=3,
    options=(
        *options("leviers", "Les délais", "Les outils"),
        FieldOption(value="rien", label="Rien", id="leviers-3", exclusive=True),
    ),
)
MATRIX = Field(
    kind="matrix",
    id="avis",
    name="avis",
    label="Êtes-vous satisfait de…",
    first_id="avis-l-1",
    rows=(row("avis", "l", "Vos locaux"), row("avis", "m", "Vos outils")),
)
SCALE = Field(
    kind="scale",
    id="moral",
    name="moral",
    label="Votre moral ?",
    first_id="moral-1",
    ends=("très bas", "très haut"),
    options=(
        *(FieldOption(value=str(n), label=str(n), id=f"moral-{n + 1}") for n in range(11)),
        FieldOption(value="opt_out", label="Sans avis", id="moral-12", apart=True),
    ),
)
RANK = Field(
    kind="rank",
    id="ordre",
    name="ordre",
    label="Classez",
    first_id="ordre-1",
    top=2,
    options=options("ordre", "Accueil", "Crise"),
    ranks=(
        FieldRank(id="ordre-1", name="ordre.1", number=1, value="v2"),
        FieldRank(id="ordre-2", name="ordre.2", number=2, value=""),
    ),
)
NUMBER = Field(
    kind="number",
    id="duree",
    name="duree",
    label="Depuis quand ?",
    first_id="duree",
    value="3,5",
    unit="années",
    inputmode="decimal",
)
DATE = Field(
    kind="date",
    id="entree",
    name="entree",
    label="Votre arrivée",
    first_id="entree-month",
    parts=(
        FieldPart(id="entree-month", name="entree.month", part="month", value="13"),
        FieldPart(id="entree-year", name="entree.year", part="year", value="2024"),
    ),
    definitions=(FieldDefinition(term="Arrivée", text="Le premier jour payé."),),
)
TEXT = Field(
    kind="text", id="metier", name="metier", label="Métier", first_id="metier", max_length=200
)
LONG_TEXT = Field(
    kind="longtext", id="idee", name="idee", label="Idée", first_id="idee", max_length=1000
)
INFO = Field(kind="info", id="note", name="note", label="Lisez.\n\nPuis <em>répondez</em>.")
QUESTIONS = (CHOICE, LIST, CHOICES, MATRIX, SCALE, RANK, NUMBER, DATE, TEXT, LONG_TEXT)
EVERY_KIND = (*QUESTIONS, INFO)


def faulty(field: Field) -> Field:
    rows = tuple(replace(row, error="Répondez à cette ligne.") for row in field.rows)
    parts = tuple(replace(part, faulty=True) for part in field.parts)
    message = "Choisissez une réponse."
    return replace(field, required=True, error=message, rows=rows, parts=parts)
