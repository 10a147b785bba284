"""The files HR offices send: what is found, what is wrong, and what never leaves the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.roll.batches import Parsed, parse, report
from consultation.spreadsheet import write


def parsed(*lines: str, domains: tuple[str, ...] = ("*.gouv.fr",)) -> Parsed:
    return parse("\r\n".join(lines).encode("cp1252"), "agents.csv", domains)


def only_address(cell: str) -> str:
    found = parse(write([("courriel",), (cell,)]), "a.csv")
    assert found.faulty == ()
    return found.lines[0].address


def only_problem(cell: str) -> tuple[str, str]:
    found = parse(write([("courriel", "nom"), (cell, "x")]), "a.csv")
    (problem,) = found.lines[0].problems
    assert found.lines[0].faulty
    assert found.lines[0].address == ""
    return plain(problem.reason), plain(problem.remedy)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


# 1. Where the addresses are


@pytest.mark.parametrize(
    "header",
    [
        "Courriel",
        "COURRIEL",
        "Mail",
        "e-mail",
        "E_Mail professionnel",
        "Adresse mail",
        "Adresse électronique",
        "Adresse de messagerie",
        "Messagerie professionnelle",
        " Destinataire ",
    ],
)
def test_the_column_is_found_by_its_name(header: str) -> None:
    found = parsed(f"Nom;{header};Service", "Dupont;a.b@ain.gouv.fr;DDT")

    assert list(found.addresses) == ["a.b@ain.gouv.fr"]
    assert found.column == " ".join(header.split())
    assert found.not_kept == ("Nom", "Service")


def test_the_column_is_found_by_its_content() -> None:
    found = parsed("Nom;Contact;Service", "Dupont;a.b@ain.gouv.fr;DDT", "Martin;c@ain.gouv.fr;x")

    assert list(found.addresses) == ["a.b@ain.gouv.fr", "c@ain.gouv.fr"]
    assert found.column == "Contact"
    assert found.not_kept == ("Nom", "Service")


def test_a_file_without_header_is_read_from_its_first_line() -> None:
    found = parsed("a@ain.gouv.fr;DDT", "b@ain.gouv.fr;DDT")

    assert [line.number for line in found.ready] == [1, 2]
    assert found.column == "colonne A"
    assert found.not_kept == ("colonne B",)


def test_titles_above_the_header_are_passed_over() -> None:
    found = parsed(
        "Préfecture de l’Ain;;".replace("’", "'"),
        "",
        "Liste des agents au 1er juin;;",
        "Nom;Courriel;Service",
        "Dupont;a@ain.gouv.fr;DDT",
    )

    assert [line.number for line in found.lines] == [5]
    assert found.column == "Courriel"


def test_a_postal_address_is_not_taken_for_the_column() -> None:
    found = parsed("Adresse;Contact", "12 rue des Lys;a@ain.gouv.fr", "3 place;b@ain.gouv.fr")

    assert found.column == "Contact"
    assert len(found.ready) == 2


def test_the_work_address_is_preferred_to_the_private_one() -> None:
    found = parsed("Mail perso;Mail pro", "a@mail.fr;a@ain.gouv.fr", "b@mail.fr;b@ain.gouv.fr")

    assert found.column == "Mail pro"
    assert "Mail perso" in found.notes[0]
    assert found.not_kept == ("Mail perso",)


def test_a_column_named_without_any_address_gives_errors_by_line() -> None:
    found = parsed("Courriel;Nom", "jean.dupont;Dupont", ";Martin")

    assert [line.number for line in found.faulty] == [2, 3]


def test_a_file_without_addresses_says_what_was_read() -> None:
    found = parsed("Nom;Service", "Dupont;DDT")

    assert "«\u00a0Nom\u00a0»" in found.refusal
    assert "courriel" in found.refusal


def test_a_column_of_postal_addresses_alone_is_refused() -> None:
    found = parsed("Adresse;Nom", "12 rue des Lys;Dupont")

    assert "courriel" in found.refusal
    assert found.lines == ()


def test_a_total_line_is_left_aside_and_named() -> None:
    found = parsed("Courriel;Nom", "a@ain.gouv.fr;x", "Total : 1;")

    assert len(found.lines) == 1
    assert "ligne 3" in found.notes[0]


def test_an_unreadable_file_is_refused_in_words() -> None:
    assert ".ods" in parse(b"PK", "agents.ods").refusal


# 2. What a cell may hold


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("jean.dupont@ain.gouv.fr", "jean.dupont@ain.gouv.fr"),
        ("  Jean.DUPONT@Ain.GOUV.fr ", "jean.dupont@ain.gouv.fr"),
        ("\u00a0a@ain.gouv.fr\u200b\u202f", "a@ain.gouv.fr"),
        ("\ufeffa@ain.gouv.fr", "a@ain.gouv.fr"),
        ("a\u00ad@ain.gouv.fr", "a@ain.gouv.fr"),
        ("mailto:a@ain.gouv.fr", "a@ain.gouv.fr"),
        ("MAILTO:a@ain.gouv.fr?subject=Bonjour", "a@ain.gouv.fr"),
        ("Jean DUPONT <jean.dupont@ain.gouv.fr>", "jean.dupont@ain.gouv.fr"),
        ('"DUPONT, Jean" <jean.dupont@ain.gouv.fr>;', "jean.dupont@ain.gouv.fr"),
        ("Jean DUPONT jean.dupont@ain.gouv.fr", "jean.dupont@ain.gouv.fr"),
        ("DUPONT Jean (jean.dupont@ain.gouv.fr)", "jean.dupont@ain.gouv.fr"),
        ("<a@ain.gouv.fr>", "a@ain.gouv.fr"),
        ("a@ain.gouv.fr <mailto:a@ain.gouv.fr>", "a@ain.gouv.fr"),
        ("a@ain.gouv.fr; A@AIN.gouv.fr", "a@ain.gouv.fr"),
        ("a@ain.gouv.fr.", "a@ain.gouv.fr"),
        ("'a@ain.gouv.fr'", "a@ain.gouv.fr"),
        ("« a@ain.gouv.fr »", "a@ain.gouv.fr"),
        ("o'neil@ain.gouv.fr", "o'neil@ain.gouv.fr"),
        ("a+b_c-d@sous-pref.ain.gouv.fr", "a+b_c-d@sous-pref.ain.gouv.fr"),
    ],
)
def test_an_address_is_found_whatever_surrounds_it(cell: str, address: str) -> None:
    assert only_address(cell) == address


@pytest.mark.parametrize(
    ("cell", "reason", "remedy"),
    [
        ("", "pas d’adresse", "invitation"),
        ("jean.dupont", "il manque le signe @", "complète"),
        ("jean.dupont@ain", "la fin du domaine manque", "ain.gouv.fr"),
        ("jean@@ain.gouv.fr", "plusieurs signes @", "un seul"),
        ("jean dupont@ain.gouv.fr", "une espace", "Retirez"),
        ("helène@ain.gouv.fr", "caractère interdit dans une adresse : è", "accent"),
        ("@ain.gouv.fr", "rien avant", "complète"),
        ("jean@", "rien après", "ain.gouv.fr"),
        (".jean@ain.gouv.fr", "point mal placé", "point"),
        ("je..an@ain.gouv.fr", "point mal placé", "point"),
        ("je(an@ain.gouv.fr", "caractère interdit avant", "Recopiez"),
        ("jean@ain_x.gouv.fr", "domaine mal écrit", "suit"),
        ("jean@-ain.gouv.fr", "domaine mal écrit", "suit"),
        ("jean@ain.gouv.f", "fin de domaine inconnue", "suit"),
        ("jean@10.0.0.1", "fin de domaine inconnue", "suit"),
        ("a" * 65 + "@ain.gouv.fr", "plus de 64", "Vérifiez"),
        ("a@ain.gouv.fr; b@ain.gouv.fr", "2 adresses", "une adresse par ligne"),
        ("a@ain.gouv.fr\nb@ain.gouv.fr", "2 adresses", "une adresse par ligne"),
        ("a@ain.gouv.fr/b@ain.gouv.fr", "2 adresses", "une adresse par ligne"),
        ("jean@interieur.gouv.ff", "peut-être mal écrit", "interieur.gouv.fr"),
        ("jean@ain.gouv", "peut-être mal écrit", "ain.gouv.fr"),
        ("jean@gmail.com", "domaine non autorisé : gmail.com", "équipe technique"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(cell: str, reason: str, remedy: str) -> None:
    found = only_problem(cell)

    assert reason in found[0]
    assert remedy in found[1]


@pytest.mark.parametrize(
    "mailbox", ["contact", "pref-communication", "ddt", "rh.paie", "secretariat-general", "sgc-rh"]
)
def test_a_shared_mailbox_is_invited_with_a_warning(mailbox: str) -> None:
    found = parsed("Courriel", f"{mailbox}@ain.gouv.fr")

    assert len(found.ready) == len(found.warned) == 1
    assert "partagée" in found.warned[0].problems[0].reason


@pytest.mark.parametrize("person", ["sp.durand", "marie.contact", "ddtheo.martin", "inforbin.leo"])
def test_a_person_is_not_taken_for_a_shared_mailbox(person: str) -> None:
    assert parsed("Courriel", f"{person}@ain.gouv.fr").warned == ()


# 3. The whole file


def test_a_duplicate_names_the_first_line_in_any_case() -> None:
    found = parsed("Courriel", "a@ain.gouv.fr", "b@ain.gouv.fr", "A@AIN.gouv.fr")

    assert [(line.number, line.duplicate_of) for line in found.duplicates] == [(4, 2)]
    assert list(found.addresses) == ["a@ain.gouv.fr", "b@ain.gouv.fr"]


def test_two_wrong_lines_are_not_duplicates() -> None:
    found = parsed("Courriel", "jean@ain", "jean@ain")

    assert [line.number for line in found.faulty] == [2, 3]
    assert found.duplicates == ()


def test_a_slip_near_a_common_domain_is_an_error_with_the_likely_one() -> None:
    found = parsed(
        "Courriel", *(f"a{n}@sante.exemple.fr" for n in range(10)), "z@sante.exempel.fr",
        domains=("sante.exemple.fr",),
    )  # fmt: skip

    (line,) = found.faulty
    assert "sante.exemple.fr" in line.problems[0].remedy


def test_a_rare_allowed_domain_near_a_common_one_is_a_warning() -> None:
    found = parsed(
        "Courriel", *(f"a{n}@interieur.gouv.fr" for n in range(10)), "z@inteireur.gouv.fr"
    )

    (line,) = found.warned
    assert line.address == "z@inteireur.gouv.fr"
    assert "interieur.gouv.fr" in line.problems[0].remedy


def test_another_allow_list_decides() -> None:
    assert parsed("Courriel", "a@ars.sante.fr", domains=("*.sante.fr",)).ready
    assert parsed("Courriel", "a@ain.gouv.fr", domains=("*.sante.fr",)).faulty
    assert parsed("Courriel", "a@gouv.fr").ready
    assert parsed("Courriel", "a@evil-gouv.fr").faulty


def test_a_file_of_twenty_thousand_lines_is_read_and_one_more_is_refused() -> None:
    lines = [f"a{n}@ain.gouv.fr" for n in range(20_001)]

    assert len(parsed("Courriel", *lines[:-1]).ready) == 20_000
    assert "20\u202f000" in parsed("Courriel", *lines).refusal


def test_names_and_births_are_not_kept() -> None:
    draft = parsed(
        "Nom;Prénom;Naissance;Courriel;Grade",
        "Dupont;Ulysse;01/02/1980;a@ain.gouv.fr;Attaché",
        "Martin;Pénélope;03/04/1981;faux;Secrétaire",
    ).to_json()

    for word in ("Dupont", "Ulysse", "1980", "Attaché", "Martin", "Pénélope", "1981", "Secrétaire"):
        assert word not in draft


def test_the_report_lists_every_problem_and_no_formula() -> None:
    found = parsed("Courriel;x", "=CMD();x", "a@ain.gouv.fr;x", "a@ain.gouv.fr;x", "rh@ain.gouv.fr")

    text = report(found, {3: "déjà dans un autre lot"}).decode("utf-8-sig")

    assert text.splitlines()[0] == "Ligne;Courriel;Gravité;Problème;Que faire"
    assert [row.split(";")[0] for row in text.splitlines()[1:]] == ["2", "3", "4", "5"]
    assert "'=CMD()" in text
    assert "doublon" in text
    assert "à vérifier" in text
    assert "déjà dans un autre lot" in text


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
people = st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}[0-9]{0,3}@[a-z]{2,10}\.gouv\.fr", fullmatch=True)


@given(st.lists(texts, min_size=1, max_size=8))
def test_any_cell_is_ready_or_faulty_or_repeated_and_a_draft_reads_back(cells: list[str]) -> None:
    found = parse(write([("courriel", "n"), *((cell, "n") for cell in cells)]), "a.csv")

    kinds = len(found.ready) + len(found.faulty) + len(found.duplicates)
    assert kinds == len(found.lines)
    assert len(found.lines) + len(found.notes) >= len(cells)
    assert Parsed.from_json(found.to_json()) == found


@given(st.binary(max_size=400))
def test_no_file_raises(content: bytes) -> None:
    found = parse(content, "a.csv")

    assert found.lines or found.refusal or found.notes or found.how


@given(st.sets(people, min_size=1))
def test_good_addresses_all_come_through(addresses: set[str]) -> None:
    found = parse(write([("courriel",), *((address,) for address in addresses)]), "a.csv")

    assert set(found.addresses) == addresses
