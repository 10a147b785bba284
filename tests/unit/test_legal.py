"""What the law asks the pages to say: read from a file, told where it is wrong, shown as it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import Clock
from face import SETTINGS, build
from visitor import Visitor, faults

from consultation import days
from consultation.legal import Audit, Legal, read

ROOT = Path(__file__).parents[2]
[EXAMPLE] = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
WHOLE = read(EXAMPLE).legal
DAY = datetime(2024, 6, 10, 9, 0, tzinfo=UTC)


def visitor(legal: Legal, now: datetime = DAY) -> Visitor:
    return Visitor(build(replace(SETTINGS, legal=legal), days.Clock(Clock(now))))


def audited(**changes: object) -> Legal:
    audit = WHOLE.accessibility.audit
    assert audit is not None
    return replace(
        WHOLE, accessibility=replace(WHOLE.accessibility, audit=replace(audit, **changes))
    )


# --- The file -----------------------------------------------------------------------------------


def test_the_example_of_the_manual_says_everything_and_nothing_unknown() -> None:
    assert read(EXAMPLE).problems == ()
    assert tuple(WHOLE.missing) == ()
    assert WHOLE.accessibility.audit == Audit(
        day=date(2024, 5, 14),
        by="la société Exemple",
        rate=87.5,
        not_accessible=("Le diagramme n’a pas de contraste suffisant.",),
        environments=("NVDA 2024 et Firefox", "VoiceOver et Safari sur iOS 17"),
        tools=("axe", "Colour Contrast Analyser"),
        pages=("Accueil", "Page de questions", "Relecture", "Aide"),
    )


def test_an_empty_file_says_nothing_and_the_law_wants_more() -> None:
    assert read("").legal == Legal()
    assert set(read("").legal.missing) == {
        *("publisher.name", "publisher.address", "publisher.director"),
        *("host.name", "host.address", "host.telephone"),
        *("data.controller", "data.dpo", "data.retention", "accessibility.scheme"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("publisher = ", "pas du TOML"),
        ("[editor]\nname = 'x'", "« editor »"),
        ("publisher = 'x'", "une rubrique"),
        ("[publisher]\nnom = 'x'", "« publisher.nom » : inconnu. Choix possibles, name, address"),
        ("[publisher]\nname = 3", "« publisher.name » : un texte"),
        ("[accessibility.audit]\nby = 'x'\nrate = 80", "« accessibility.audit.day » : une date"),
        ("[accessibility.audit]\nby = 'x'\nrate = 80\nday = '2024-01-01'", "une date"),
        ("[accessibility.audit]\nby = ''\nrate = 80\nday = 2024-01-01", "audit.by » : un texte"),
        ("[accessibility.audit]\nby = 'x'\nrate = 101\nday = 2024-01-01", "de 0 à 100"),
        ("[accessibility.audit]\nby = 'x'\nrate = true\nday = 2024-01-01", "de 0 à 100"),
        ("[accessibility.audit]\ntools = ['a', 1]", "une liste de textes"),
    ],
)
def test_a_wrong_file_is_told_where(text: str, said: str) -> None:
    problems = " / ".join(read(text).problems).replace("\u00a0", " ")

    assert said in problems


def test_every_problem_is_told() -> None:
    assert len(read("[a]\n[b]\n[host]\nname = 1\n[accessibility.audit]").problems) == 6


# --- The pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "now", "state"),
    [
        ({}, DAY, "partiellement conforme"),
        ({"rate": 100.0}, DAY, "totalement conforme"),
        ({"rate": 50.0}, DAY, "partiellement conforme"),
        ({"rate": 49.9}, DAY, "non conforme"),
        ({}, datetime(2027, 5, 14, 12, tzinfo=UTC), "partiellement conforme"),
        ({}, datetime(2027, 5, 14, 22, 30, tzinfo=UTC), "non conforme"),  # the 15th in Paris
        ({"day": date(2024, 2, 29)}, datetime(2027, 2, 28, 12, tzinfo=UTC), "partiellement"),
        ({"day": date(2024, 2, 29)}, datetime(2027, 3, 1, 12, tzinfo=UTC), "non conforme"),
    ],
)
def test_the_state_is_that_of_the_audit_and_for_three_years(
    changes: dict[str, object], now: datetime, state: str
) -> None:
    page = visitor(audited(**changes), now).open("/accessibilite")

    assert page.page.heading.startswith(f"Accessibilité : {state}")
    assert page.body.count("conforme</a>") == 1
    assert f"Accessibilité\u00a0: {state}" in page.open("/aide").body


def test_without_an_audit_no_clock_is_needed_and_the_site_is_not_compliant() -> None:
    page = Visitor(build()).open("/accessibilite")

    assert page.page.heading == "Accessibilité : non conforme"
    assert "aucun audit de conformité" in page.body


def test_the_pages_say_what_the_file_says() -> None:
    person = visitor(WHOLE)

    statement = person.open("/accessibilite").body
    for words in ("14 mai 2024", "la société Exemple", "87,5\u00a0%", "14 mai 2027", "NVDA 2024"):
        assert words in statement
    assert 'href="https://www.exemple.gouv.fr/schema-pluriannuel"' in statement
    assert "accessibilite@exemple.gouv.fr" in statement
    notices = person.open("/mentions-legales").body
    for words in ("Camille Exemple", "2 rue de l’Exemple, 69003 Lyon", "04 00 00 00 00"):
        assert words in notices
    assert "peuvent être demandés" not in notices
    data = person.open("/donnees-personnelles").body
    assert "dpo@exemple.gouv.fr" in data
    assert "effacée trois mois après" in data


def test_the_page_of_the_proxy_stands_alone_and_is_well_made() -> None:
    page = (ROOT / "templates" / "errors" / "maintenance.html").read_text("utf-8")

    assert faults(page) == []
    assert "href=" not in page
    assert "src=" not in page
