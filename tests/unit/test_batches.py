"""The files HR offices send: what is found, what is wrong, and what never leaves the file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets import ods, xls, xlsx

from consultation.roll.addresses import line_of, lines_each
from consultation.roll.batches import (
    Parsed,
    corrected,
    parse,
    parse_corrected,
    parse_pasted,
    report,
)
from consultation.spreadsheet import write


def parsed(*lines: str, domains: tuple[str, ...] = ("*.gouv.fr",)) -> Parsed:
    return parse("\r\n".join(lines).encode("cp1252"), domains)


def only_address(cell: str) -> str:
    found = parse(write([("courriel",), (cell,)]))
    assert found.faulty == ()
    return found.lines[0].address


def only_problem(cell: str) -> tuple[str, str]:
    found = parse(write([("courriel", "nom"), (cell, "x")]))
    (problem,) = found.lines[0].problems
    assert found.lines[0].faulty
    assert found.lines[0].address == ""
    return plain(problem.reason), plain(problem.remedy)


def told(found: Parsed) -> list[str]:
    return [plain(one.words) for one in found.aside]


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


@pytest.mark.parametrize(
    ("other", "own"),
    [
        ("Adresse mail du supérieur", "Mail"),
        ("Courriel N+1", "Courriel"),
        ("Mail N + 2", "Contact"),
        ("BAL chef de pôle", "BAL agent"),
        ("Courriel responsable", "Adresse électronique"),
        ("Mail du manager", "Mail pro"),
        ("Mél référent RH", "Mél"),
        ("Mail assistante", "E-mail professionnel"),
        ("Mail du secrétariat", "Mail de l’agent recruté"),
        ("Mail en copie", "Mail"),
        ("Contact hiérarchique", "Contact"),
        ("Responsable", "Agent"),
        ("Mail supérieur", "Mail perso"),
        ("Courriel du service", "Courriel"),
        ("Courriel saisi à la main", "Courriel"),
    ],
)
def test_the_column_of_the_agent_is_read_and_not_that_of_someone_else(other: str, own: str) -> None:
    mails = [*(f"p{n}@ain.gouv.fr" for n in range(4)), ""]
    lines = [f"NOM{n};chef@ain.gouv.fr;{mail};DDT" for n, mail in enumerate(mails)]

    found = parsed(f"Nom;{other};{own};Service", *lines)

    assert found.column == own
    assert len(found.ready) == 4
    assert [line.number for line in found.faulty] == [6]
    assert plain(f"« {other} » contient aussi des adresses") in plain(found.notes[0])


@pytest.mark.parametrize("name", ["Courriel du chef de service", "Mail N+1", "Courriel N°1"])
def test_the_addresses_of_a_list_of_heads_are_read_under_their_only_name(name: str) -> None:
    found = parsed(f"Nom;{name};Remarque", *["A;a@ain.gouv.fr;", "B;b@ain.gouv.fr;x@ain.gouv.fr"])

    assert found.column == name
    assert len(found.ready) == 2


def test_a_stray_address_in_a_remark_makes_no_column_of_addresses() -> None:
    found = parsed(
        "Nom;Responsable;Remarque", "A;a@ain.gouv.fr;", "C;c@ain.gouv.fr;", "B;b@ain.gouv.fr;x@a.fr"
    )

    assert found.column == "Responsable"


def test_without_any_address_the_column_of_the_agent_is_still_the_one_named() -> None:
    found = parsed("Nom;Mail du supérieur;Mail", "Dupont;;pas de mail", "Petit;;")

    assert found.column == "Mail"
    assert [line.number for line in found.faulty] == [2, 3]


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
    assert told(found) == ["ligne 1 : en-tête", "ligne 3 : total"]


def test_an_unreadable_file_is_refused_in_words() -> None:
    assert "lisible" in parse(b"PK\x03\x04").refusal


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

    text = report(found, {"a@ain.gouv.fr": "déjà dans un autre lot"}).decode("utf-8-sig")

    assert text.splitlines()[0] == "Ligne;Courriel;Gravité;Problème;Que faire"
    assert [row.split(";")[0] for row in text.splitlines()[1:]] == ["2", "3", "4", "5"]
    assert "'=CMD()" in text
    assert "doublon" in text
    assert "à vérifier" in text
    assert "déjà dans un autre lot" in text


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
addresses_of_people = st.from_regex(
    r"[a-z]{1,8}\.[a-z]{1,8}[0-9]{0,3}@[a-z]{2,10}\.gouv\.fr", fullmatch=True
)


@given(st.lists(texts, min_size=1, max_size=8))
def test_any_cell_is_ready_or_faulty_or_repeated_and_a_draft_reads_back(cells: list[str]) -> None:
    found = parse(write([("courriel", "n"), *((cell, "n") for cell in cells)]))

    kinds = len(found.ready) + len(found.faulty) + len(found.duplicates)
    assert kinds == len(found.lines)
    assert len(found.lines) + found.set_aside >= len(cells)
    assert Parsed.from_json(found.to_json()) == found


@given(st.binary(max_size=400))
def test_no_file_raises(content: bytes) -> None:
    found = parse(content)

    assert found.lines or found.refusal or found.notes or found.how


@given(st.sets(addresses_of_people, min_size=1))
def test_good_addresses_all_come_through(addresses: set[str]) -> None:
    found = parse(write([("courriel",), *((address,) for address in addresses)]))

    assert set(found.addresses) == addresses


# 4. Nobody vanishes


def people(count: int, domain: str = "ain.gouv.fr") -> list[str]:
    return [f"NOM{n};Prénom{n};p{n}.nom{n}@{domain};DDT" for n in range(count)]


@pytest.mark.parametrize(
    "name", ["Mél", "Contact", "MEL", "Mel.", "BAL", "Mail pro", "@", "Adr. mail"]
)
def test_a_line_without_an_address_is_told_whatever_the_name_of_the_column(name: str) -> None:
    lines = people(30)
    lines[17] = "Martin;Léa;pas de mail;DDT"

    found = parsed(f"Nom;Prénom;{name};Service", *lines)

    assert len(found.ready) == 29
    assert [(line.number, line.value) for line in found.faulty] == [(19, "pas de mail")]
    assert told(found) == ["ligne 1 : en-tête"]


@pytest.mark.parametrize(
    "said", ["", "-", "néant", "pas de mail", "sans courriel", "mail en attente", "à créer", "???"]
)
def test_without_a_header_the_first_person_is_told_even_without_an_address(said: str) -> None:
    found = parsed(f"Martin;Léa;{said};DDT", *people(12))

    assert len(found.ready) == 12
    assert [line.number for line in found.faulty] == [1]
    assert found.aside == ()


@pytest.mark.parametrize("name", ["MAIL;Anne;;SGCD", "Courriel;Zoé;;SGCD", "Mel;Léa;à créer;DDT"])
def test_a_person_named_like_a_column_is_not_a_header_under_other_people(name: str) -> None:
    found = parsed("DUPONT;Jean;;DDT", name, *people(12))

    assert len(found.ready) == 12
    assert [line.number for line in found.faulty] == [1, 2]
    assert found.aside == ()


def test_a_person_named_like_a_column_is_not_a_header_under_the_header() -> None:
    found = parsed("Nom;Prénom;;Service", "MAIL;Anne;;SGCD", *people(12))

    assert [line.number for line in found.faulty] == [2]
    assert told(found) == ["ligne 1 : en-tête"]


@pytest.mark.parametrize("title", ["Liste des agents;;;", ";;;Mise à jour : mai", "Préfecture;;;"])
def test_a_header_of_odd_names_is_found_under_a_title(title: str) -> None:
    found = parsed(title, "Gens;Petit nom;Mail;Lieu-dit", *people(3))

    assert found.column == "Mail"
    assert len(found.ready) == 3


def test_the_first_people_under_a_header_may_have_no_address() -> None:
    found = parsed("Nom;Contact", "Martin;pas de mail", "Durand;", *["Petit;p@ain.gouv.fr"] * 1)

    assert [line.number for line in found.faulty] == [2, 3]
    assert [line.number for line in found.ready] == [4]


def test_the_header_is_the_row_that_looks_the_most_like_one() -> None:
    found = parsed(
        "Adresses mail des agents;;;",
        "Identité;;Contact;",
        "Nom;Prénom;Mél;Service",
        *people(3),
        "Nom;Prénom;Mél;Service",
        *people(2, "isere.gouv.fr"),
        "Total;;5;",
    )

    assert found.column == "Mél"
    assert len(found.ready) == 5
    assert told(found) == [
        "lignes 1 à 2 : au-dessus de l’en-tête",
        "ligne 3 : en-tête",
        "ligne 7 : en-tête répété",
        "ligne 10 : total",
    ]


def test_a_notice_that_holds_an_address_hides_neither_the_header_nor_anyone() -> None:
    found = parsed(
        "Pour toute question : rh@ain.gouv.fr;;;", "", "Nom;Prénom;Mél;Service", *people(3)
    )

    assert found.column == "Mél"
    assert [line.number for line in found.ready] == [4, 5, 6]
    assert told(found)[0] == "ligne 1 : au-dessus de l’en-tête"


@pytest.mark.parametrize("name", ["Total", "Nombre", "TOTAL Jean"])
def test_a_person_is_not_taken_for_a_total(name: str) -> None:
    found = parsed("Nom;Mél;Service", "Petit;p@ain.gouv.fr;DDT", f"{name};;DDPP")

    assert [line.number for line in found.faulty] == [3]


@pytest.mark.parametrize("between", ["; ", ";", ",", ", ", " / ", " | ", "\t"])
@pytest.mark.parametrize("header", [("Courriel",), ()])
def test_addresses_one_after_the_other_in_a_row_are_all_invited(
    between: str, header: tuple[str, ...]
) -> None:
    rows = [
        between.join(f"a{n}.b@ain.gouv.fr" for n in range(start, start + 3)) for start in (0, 3, 6)
    ]
    rows.append("c.d@ain.gouv.fr")

    found = parse("\r\n".join((*header, *rows)).encode())

    assert len(found.ready) == 10
    assert found.faulty == found.duplicates == ()


def test_thirty_five_addresses_copied_from_a_message_are_all_there() -> None:
    addresses = [f"Léa N{n} <a{n}@ain.gouv.fr>" for n in range(35)]
    content = write([("Courriel",), ("; ".join(addresses[:20]),), (", ".join(addresses[20:]),)])

    found = parse(content)

    assert [line.number for line in found.ready] == [2] * 20 + [3] * 15


def test_two_addresses_of_a_person_are_both_told_and_may_both_be_kept() -> None:
    long = "; ".join(f"a{n}@ain.gouv.fr" for n in range(30))
    found = parse(write([("Nom", "Mél"), ("A", "a@ain.gouv.fr/b@ain.gouv.fr"), ("B", long)]))

    rows = [row.split(";")[:2] for row in report(found, {}).decode("utf-8-sig").splitlines()[1:]]
    assert rows[:2] == [["2", "a@ain.gouv.fr"], ["2", "b@ain.gouv.fr"]]
    assert len(rows) == 32
    again = corrected(found, parse_corrected(report(found, {})))
    assert len(again.ready) == 32
    assert again.faulty == again.duplicates == ()


def test_addresses_that_overflow_the_last_column_are_told() -> None:
    found = parse(b"Nom;Courriel\nDupont;a@ain.gouv.fr;b@ain.gouv.fr\nPetit;c@ain.gouv.fr\n")

    assert [line.number for line in found.faulty] == [2]
    assert "b@ain.gouv.fr" in found.faulty[0].value
    assert [line.number for line in found.ready] == [3]


def test_the_addresses_of_another_column_are_told_with_their_lines() -> None:
    found = parsed("Mail pro;Mail perso", "a@ain.gouv.fr;a@mail.fr", ";b@mail.fr", "c@ain.gouv.fr;")

    assert "Mail perso" in found.notes[0]
    assert "2 à 3" in found.notes[0]
    assert [line.number for line in found.faulty] == [3]


@pytest.mark.parametrize(
    "content", [b"Courriel;Nom\r\n", b"Courriel\r\n\r\n", xlsx({"A": [("Nom", "Mail")]})]
)
def test_a_header_alone_is_refused(content: bytes) -> None:
    assert "aucune ligne sous" in parse(content).refusal


@pytest.mark.parametrize("other", [(), ("Dupont",)])
def test_formulas_whose_results_were_not_saved_are_refused(other: tuple[str, ...]) -> None:
    rows = [("Courriel", "Nom"), *((f'=LOWER(C{n})&"@ain.gouv.fr"', *other) for n in range(2, 5))]

    found = parse(xlsx({"Agents": rows}))

    assert "formules" in found.refusal
    assert "enregistrez-le" in found.refusal


def test_one_formula_without_its_result_is_a_line_to_correct() -> None:
    rows = [("Courriel",), ("a@ain.gouv.fr",), ('=B9&"@ain.gouv.fr"',), ("c@ain.gouv.fr",)]

    found = parse(xlsx({"Agents": rows}))

    assert [line.number for line in found.ready] == [2, 4]
    assert [line.number for line in found.faulty] == [3]
    assert "formule" in found.faulty[0].problems[0].reason


def test_lines_all_hidden_are_told_in_the_refusal() -> None:
    rows = [("Courriel",), ("a@ain.gouv.fr",), ("b@ain.gouv.fr",)]

    assert "lignes 2 à 3" in parse(xlsx({"A": rows}, hidden=(2, 3))).refusal


@pytest.mark.parametrize(
    "content", [b"Nom;Courriel\n;\n;\nTotal;0\n", b"Courriel\n\n\nTotal : 0\n"]
)
def test_a_refusal_tells_every_line_set_aside(content: bytes) -> None:
    refusal = plain(parse(content).refusal)

    for words in ("ligne 1 : en-tête", "lignes 2 à 3 : ligne vide", "ligne 4 : total"):
        assert words in refusal


def test_a_corrected_list_all_hidden_tells_its_lines_in_the_refusal() -> None:
    rows = [("Ligne", "Courriel"), ("2", "a@ain.gouv.fr"), ("3", "b@ain.gouv.fr")]

    assert "lignes 1 à 3" in parse_corrected(xlsx({"A": rows}, hidden=(1, 2, 3))).refusal


def test_a_corrected_list_keeps_what_it_adds_and_never_takes_a_good_line() -> None:
    found = parsed("Courriel;Nom", "a@ain.gouv.fr;A", "faux;B", "c@ain.gouv.fr;C", "nul;D")
    rows = [("Ligne", "Courriel"), ("3", "b@ain.gouv.fr"), ("3", "b2@ain.gouv.fr"),
            ("", "e@ain.gouv.fr"), ("4", "f@ain.gouv.fr"), ("99", "g@ain.gouv.fr")]  # fmt: skip

    again = corrected(found, parse_corrected(write(rows)))

    assert [(line.number, line.address) for line in again.ready] == [
        (2, "a@ain.gouv.fr"),
        (3, "b@ain.gouv.fr"),
        (3, "b2@ain.gouv.fr"),
        (4, "c@ain.gouv.fr"),
        (6, "e@ain.gouv.fr"),
        (7, "f@ain.gouv.fr"),
        (8, "g@ain.gouv.fr"),
    ]
    assert [line.number for line in again.faulty] == [5]
    assert "6 à 8" in again.notes[-1]


@pytest.mark.parametrize("make", [xlsx, xls, ods])
def test_a_corrected_list_may_be_saved_in_any_kind(make: Callable[..., bytes]) -> None:
    found = parsed("Courriel;Nom", "a@ain.gouv.fr;A", "faux;B", "nul;C")

    again = corrected(
        found, parse_corrected(make({"Liste": [("Ligne", "Courriel"), ("3", "b@ain.gouv.fr")]}))
    )

    assert [line.number for line in again.ready] == [2, 3]
    assert [line.number for line in again.faulty] == [4]


def test_a_line_with_two_remarks_stands_once_in_the_list() -> None:
    found = parse(b"Courriel;Nom\nrh@isere.gouv.fr;A\n", elsewhere={"isere.gouv.fr": "Is\u00e8re"})
    assert len(found.lines[0].problems) == 2

    again = corrected(found, parse_corrected(report(found, {})))

    assert len(report(found, {}).splitlines()) == 2
    assert len(again.ready) == 1
    assert again.duplicates == ()


def test_another_file_is_not_our_list() -> None:
    assert "Ligne" in parse_corrected(b"Courriel;Nom\r\nx@ain.gouv.fr;A\r\n").refusal
    assert parse_corrected(b"").refusal


@pytest.mark.parametrize("header", ["ligne;courriel", "LIGNE;COURRIEL", "ligne;Courriel"])
def test_our_list_is_known_whatever_the_case_of_its_header(header: str) -> None:
    again = parse_corrected(f"{header}\n3;b@ain.gouv.fr\n".encode())

    assert again.refusal == ""
    assert [(line.number, line.address) for line in again.ready] == [(3, "b@ain.gouv.fr")]


def test_the_addresses_of_another_column_of_the_corrected_list_are_told() -> None:
    found = parsed("Courriel;Nom", "faux;A", "nul;B", "c@ain.gouv.fr;C")
    rows = [("Ligne", "Courriel", "Commentaire"), ("2", "a@ain.gouv.fr", ""),
            ("3", "nul", "b@ain.gouv.fr")]  # fmt: skip

    again = corrected(found, parse_corrected(write(rows)))

    assert [line.number for line in again.faulty] == [3]
    (note,) = map(plain, again.notes)
    assert note.startswith("Dans la liste corrigée, « Commentaire » contient aussi des adresses")
    assert "lignes 3" in note


def test_our_own_list_sent_again_as_it_is_has_nothing_to_tell() -> None:
    wrong = ("faux", "a@ain.gouv", "a@@ain.gouv.fr", "a@ain.gouv.fr b@ain.gouv.fr", "a@gmial.com")
    found = parsed("Courriel;Nom", *(f"{cell};A" for cell in wrong))

    assert corrected(found, parse_corrected(report(found, {}))).notes == ()


def test_quoted_cells_of_seven_lines_keep_the_numbers_that_excel_shows() -> None:
    note = "\n".join(f"ligne {n}" for n in range(7))
    rows = [(f"N{n}", f"a{n}@ain.gouv.fr", note if n in (10, 20) else "") for n in range(40)]

    found = parse(write([("Nom", "Mél", "Remarque"), *rows]))

    assert [line.number for line in found.ready] == list(range(2, 42))
    assert found.faulty == ()


def test_a_long_line_of_commas_is_read_at_once() -> None:
    assert len(parse_pasted("a@b.gouv.fr, c@d.gouv.fr" + ", x" * 300_000).ready) == 2


def test_a_domain_for_each_line_is_read_once() -> None:
    """Twenty thousand took a minute, when each was compared with all: here a few seconds would."""
    lines = [f"p{n}@d{n}.gouv.fr" for n in range(5_000)]

    assert len(parsed("Courriel", *lines, domains=("*.gouv.fr",)).ready) == 5_000


@pytest.mark.parametrize(
    "address",
    [
        "nom.courriel@ain.gouv.fr",
        "nom.courriel@",
        "nom.courriel.ain.gouv.fr",
        "nom.courriel＠ain.gouv.fr",
        "nom.courriel(at)ain.gouv.fr",
        "nom.courriel [at] ain.gouv.fr",
    ],
)
@pytest.mark.parametrize("name", ["Nom Courriel", "Courriel;Nom", "Mail;Prénom", "NOM;Messagerie"])
def test_a_person_named_like_columns_on_the_first_line_is_no_header(
    name: str, address: str
) -> None:
    other = "Zoé;Petit" if ";" in name else "Zoé Petit"

    found = parse(f"{name};{address};DDT\r\n{other};z@ain.gouv.fr;DDT\r\n".encode())

    assert [line.number for line in found.lines] == [1, 2]
    assert found.lines[0].value == address
    assert not found.aside


def test_a_draft_that_an_older_version_kept_is_read() -> None:
    older = (
        '{"lines": [[2, "a@ain.gouv.fr"], [3, "B@ain.gouv.fr", "b@ain.gouv.fr"], '
        '[4, "faux", "", [["il manque le signe @", "Écrivez.", false]], 0]], '
        '"how": "CSV", "column": "Courriel", "not_kept": [], "notes": [], "refusal": ""}'
    )

    found = Parsed.from_json(older)

    assert list(found.addresses) == ["a@ain.gouv.fr", "b@ain.gouv.fr"]
    assert [line.value for line in found.faulty] == ["faux"]
    assert Parsed.from_json(found.to_json()) == found


_LETTERS = st.text(st.sampled_from("aB0.-_+@ é<>;"), max_size=12)


@given(
    st.lists(
        st.builds("{}{}@{}{}".format, _LETTERS, _LETTERS, _LETTERS, st.sampled_from(["", ".fr"]))
        | st.sampled_from(["rh@ain.gouv.fr", f"{'a' * 70}@b.fr", f"a@{'b.' * 40}fr"])
        | _LETTERS,
        max_size=5,
    )
)
def test_the_lines_of_many_cells_are_those_of_each(cells: list[str]) -> None:
    each = [line_of(n, cell) for n, cell in enumerate(cells)]

    assert lines_each(range(len(cells)), cells, lambda n, cell: [line_of(n, cell)]) == each


# What stands in the lines of a file: a word for each, and what it says in three columns.
_KINDS = {
    "good": lambda n: (f"NOM{n}", f"p{n}.n@ain.gouv.fr", "DDT"),
    "capitals": lambda n: (f"NOM{n}", f" P{n}.N@AIN.GOUV.FR\u00a0", "DDT"),
    "named": lambda n: (f"NOM{n}", f"NOM{n} <p{n}.n@ain.gouv.fr>", ""),
    "alone": lambda n: ("", f"p{n}.n@ain.gouv.fr", ""),
    "two": lambda n: (f"NOM{n}", f"p{n}.n@ain.gouv.fr, q{n}@ain.gouv.fr", "DDT"),
    "same": lambda n: (f"NOM{n}", "p0.n@ain.gouv.fr", "DDT"),
    "none": lambda n: (f"NOM{n}", "", "DDT"),
    "denied": lambda n: (f"NOM{n}", "pas de mail", "DDT"),
    "broken": lambda n: (f"NOM{n}", f"p{n}@@ain", "DDT"),
    "elsewhere": lambda n: (f"NOM{n}", "", f"p{n}.n@ain.gouv.fr"),
    "note": lambda n: ("* agents en congé", "", ""),
    "lines": lambda n: (f"NOM{n}", f"p{n}.n@ain.gouv.fr", "deux\nlignes"),
    "total": lambda n: (f"Total : {n}", "", ""),
    "blank": lambda n: ("", "", ""),
}
_HEADERS = [
    ("Nom", "Courriel", "Service"),
    ("Nom", "Mél", "Service"),
    ("NOM Prénom", "Adresse de messagerie", "Direction"),
    ("Agent", "Contact", "Structure"),
    ("Qui", "Adresse de contact de la personne", "Où"),
]
_FORMATS: dict[str, Callable[[Mapping[str, Sequence[Sequence[str]]], Collection[int]], bytes]] = {
    "excel": lambda sheets, hidden: write(sheets["Agents"]),
    "cp1252": lambda sheets, hidden: write(sheets["Agents"]).decode("utf-8-sig").encode("cp1252"),
    "utf-16": lambda sheets, hidden: write(sheets["Agents"]).decode("utf-8-sig").encode("utf-16"),
    "xlsx": xlsx,
    "xls": xls,
    "ods": ods,
}


@given(
    titles=st.lists(st.sampled_from(["Préfecture de l'Ain", "Liste des mails", ""]), max_size=3),
    header=st.none() | st.sampled_from(_HEADERS),
    repeated=st.booleans(),
    kinds=st.lists(st.sampled_from(sorted(_KINDS)), min_size=1, max_size=12),
    other=st.lists(st.sampled_from(sorted(_KINDS)), max_size=3),
    hidden=st.sets(st.integers(2, 14), max_size=3),
    form=st.sampled_from(sorted(_FORMATS)),
)
def test_every_line_of_a_file_is_read_or_told_with_its_number(
    titles: list[str],
    header: tuple[str, ...] | None,
    repeated: bool,
    kinds: list[str],
    other: list[str],
    hidden: set[int],
    form: str,
) -> None:
    rows = [(title, "", "") for title in titles] + ([header] if header else [])
    rows += [_KINDS[kind](n) for n, kind in enumerate(kinds)]
    rows += [header] if header and repeated else []
    second = [_KINDS[kind](n + 50) for n, kind in enumerate(other)]
    book = form in ("xlsx", "xls", "ods")

    found = parse(_FORMATS[form]({"Agents": rows, "Suite": second}, hidden if book else ()))

    if found.refusal:
        seen = [row for n, row in enumerate(rows, 1) if not book or n not in hidden] + second * book
        assert not any("@" in cell for row in seen for cell in row[:2])
        return
    lines = [number for number, row in enumerate(rows, 1) if any(row)]
    here = [one for one in found.aside if "feuille" not in one.reason]
    there = [one for one in found.aside if "feuille" in one.reason]
    sheet = (
        lines if "Suite" not in found.how else [n for n, row in enumerate(second, 1) if any(row)]
    )
    numbers = [line.number for line in found.lines] + [n for one in here for n in one.numbers]
    assert sorted(numbers) == list(range(1, max(sheet) + 1))
    assert len(numbers) == (
        len(found.ready) + len(found.faulty) + len(found.duplicates)
        + sum(len(one.numbers) for one in here)
    )  # fmt: skip
    if book and any(any(row) for row in second) and lines:
        assert sum(len(one.numbers) for one in there) == (
            len(lines) + sum(any(row) for row in second) - len(sheet)
        )
    assert Parsed.from_json(found.to_json()) == found
