"""Files as spreadsheets really write them, and files no spreadsheet should compute."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets import ods, ods_of, xls, xlsx

from consultation import spreadsheet
from consultation.spreadsheet import (
    EXCEL,
    PLAIN,
    Flavour,
    known_cell,
    read,
    safe_cell,
    workbook_refusal,
    write,
)
from consultation.spreadsheet.xls import unseen as xls_unseen

LINES = (
    ("Courriel", "Structure"),
    ("élodie@ain.gouv.fr", "Préfecture – œuvres"),
    ("b@ain.gouv.fr", "DDT"),
)


def as_text(delimiter: str, end: str = "\r\n") -> str:
    return "".join(delimiter.join(row) + end for row in LINES)


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (as_text(";").encode("cp1252"), "CSV, point-virgule, Windows-1252"),
        (as_text(";").encode("utf-8-sig"), "CSV, point-virgule, UTF-8"),
        (as_text(";").encode(), "CSV, point-virgule, UTF-8"),
        (as_text(",").encode(), "CSV, virgule, UTF-8"),
        (as_text("|").encode(), "CSV, barre verticale, UTF-8"),
        (as_text("\t").encode("utf-16"), "CSV, tabulation, UTF-16"),
        (b"\xfe\xff" + as_text("\t").encode("utf-16-be"), "CSV, tabulation, UTF-16"),
        (as_text(";", "\r").encode("cp1252"), "CSV, point-virgule, Windows-1252"),
        (as_text(";", "\n").encode("cp1252"), "CSV, point-virgule, Windows-1252"),
        (b"sep=;\r\n" + as_text(";").encode(), "CSV, point-virgule, UTF-8"),
        (b"sep=,\r\n" + as_text(",").encode(), "CSV, virgule, UTF-8"),
        (b"sep=^\r\n" + as_text("^").encode(), "CSV, séparateur «\u00a0^\u00a0», UTF-8"),
    ],
)
def test_every_form_of_csv_gives_the_same_rows(content: bytes, how: str) -> None:
    sheet = read(content)

    assert tuple(row.cells for row in sheet.rows) == LINES
    assert [row.number for row in sheet.rows] == [1, 2, 3]
    assert sheet.how == how


def test_one_column_is_not_cut() -> None:
    sheet = read(b"courriel\na@ain.gouv.fr\nb@ain.gouv.fr\n")

    assert [row.cells for row in sheet.rows] == [
        ("courriel",),
        ("a@ain.gouv.fr",),
        ("b@ain.gouv.fr",),
    ]
    assert sheet.how == "CSV, une colonne, UTF-8"


def test_commas_inside_cells_do_not_hide_the_semicolon() -> None:
    text = "Nom;Courriel\nDUPONT, Jean, dit Jo;a@b.fr\nMARTIN;c@d.fr\n"

    assert [len(row.cells) for row in read(text.encode()).rows] == [2, 2, 2]


def test_blank_lines_keep_the_numbers_excel_shows() -> None:
    sheet = read(b"titre\r\n\r\n;;\r\na@b.fr;x\r\n")

    assert [row.number for row in sheet.rows] == [1, 4]


def test_a_line_break_inside_quotes_is_one_row() -> None:
    sheet = read(b'a@b.fr;"deux\r\nlignes"\r\nc@d.fr;x\r\n')

    assert [row.number for row in sheet.rows] == [1, 2]


def test_a_quotation_mark_left_open_does_not_swallow_the_file() -> None:
    text = 'courriel;nom\na@b.fr;"ouvert\n' + "c@d.fr;x\n" * 50

    assert len(read(text.encode()).rows) == 52
    assert len(read((text + "x" * 200_000).encode()).rows) == 53


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "vide"),
        (b" \r\n ", "vide"),
        (b";;;\r\n;;;\r\n", "vide"),
        (b"\xd0\xcf\x11\xe0rest", "lisible"),
        (b"PK\x03\x04 not a zip", "lisible"),
        (b"\x89PNG\x00\x01\x02", "lisible"),
        (b"a" * (5 * 1024 * 1024 + 1), "5 Mo"),
        (b"a\n" * 20_100, "20 000 lignes"),
        (b"<html><table><tr><td>a@b.fr", "page web"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "XML"),
        (b"%PDF-1.7 a@b.fr", "PDF"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(content: bytes, word: str) -> None:
    sheet = read(content)

    assert not sheet.rows
    assert word in sheet.refusal.replace("\u00a0", " ").replace("\u202f", " ")


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"]))
def test_reading_never_raises(content: bytes, start: bytes) -> None:
    content = start + content
    sheet = read(content)

    assert sheet.rows or sheet.refusal


# A cell that no reader would take for something else: no delimiter, not blank, not a formula.
plain_texts = st.text(
    st.characters(codec="utf-8", exclude_characters=",;\t|\r\x00", exclude_categories=["Cs"]),
    min_size=1,
    max_size=20,
).filter(lambda text: text.strip() and safe_cell(text) == text and text.count("\n") < 5)


@given(
    st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(plain_texts, min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    st.sampled_from([EXCEL, PLAIN]),
)
def test_reading_what_was_written_gives_the_rows(rows: list[list[str]], flavour: Flavour) -> None:
    assert [list(row.cells) for row in read(write(rows, flavour)).rows] == rows


def test_the_last_cell_may_end_with_a_line_end() -> None:
    rows = [["a", "b"], ["0", "0\n"]]

    assert [list(row.cells) for row in read(write(rows)).rows] == rows


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_a_formula_is_made_inert(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("step", ["-3", "-1", "0", "12"])
def test_a_step_of_a_scale_is_a_number(step: str) -> None:
    assert write([[known_cell(step)]], PLAIN) == f"{step}\n".encode()


@pytest.mark.parametrize("label", ["-", "--3", "-3-2", "-3 à 3", "+33", "-٣", "-1e3", "-A1", "=1"])
def test_a_label_that_only_begins_like_a_number_may_be_a_formula(label: str) -> None:
    assert write([[known_cell(label)]], PLAIN) == f"'{label}\n".encode()


def test_numbers_are_left_alone_and_excel_gets_its_comma() -> None:
    row = [-3, 2.5, None, "-3", "é"]

    assert write([row], EXCEL) == "\ufeff-3;2,5;;'-3;é\r\n".encode()
    assert write([row], PLAIN) == "-3,2.5,,'-3,é\n".encode()


# --- Workbooks, written by hand so that any part of them may be wrong


def workbook(
    rows: dict[str, str], *, names: tuple[tuple[str, str], ...] = (("Feuil1", ""),), **more: bytes
) -> bytes:
    cells = "".join(
        f'<row><c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c></row>'
        if not text.replace(".", "").isdigit()
        else f'<row><c r="{place}"><v>{text}</v></c></row>'
        for place, text in rows.items()
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    sheets = "".join(
        f'<sheet name="{name.replace(" & ", " &amp; ")}" sheetId="{n}" r:id="rId{n}"{state}/>'
        for n, (name, state) in enumerate(names, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">'
        f"<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f"{links}</Relationships>",
    }
    for n in range(1, len(names) + 1):
        inside = cells if n == len(names) else ""
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{inside}</sheetData></worksheet>'
        )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
        for name, raw in more.items():
            archive.writestr(
                name.replace("__", "/").replace("_bin", ".bin").replace("_xml", ".xml"), raw
            )
    return stream.getvalue()


def test_a_workbook_keeps_its_line_numbers() -> None:
    sheet = read(workbook({"A3": "Courriel", "A5": "é@ain.gouv.fr", "B5": "1"}))

    assert [row.number for row in sheet.rows] == [3, 5]
    assert sheet.rows[1].cells == ("é@ain.gouv.fr", "1")
    assert "feuille «\u00a0Feuil1\u00a0»" in sheet.how


def test_a_hidden_sheet_is_not_read() -> None:
    names = (("Cachée", ' state="hidden"'), ("Agents", ""))

    assert "Agents" in read(workbook({"A1": "a@b.fr"}, names=names)).how


def test_the_first_sheet_with_addresses_is_read_and_the_others_named() -> None:
    names = (("Lisez-moi", ""), ("Agents", ""), ("Été & co", ""))
    content = workbook({"A1": "a@b.fr"}, names=names)

    sheet = read(content)

    assert (sheet.sheet, sheet.sheets) == ("Été & co", ("Lisez-moi", "Agents", "Été & co"))
    assert not sheet.aside  # the two others are blank
    assert read(content, "Agents").refusal  # chosen, and empty


def test_hidden_rows_are_left_aside_and_said() -> None:
    cells = {"A1": "Courriel", "A2": "a@b.fr", "A3": "b@b.fr", "A4": "c@b.fr"}
    shown = workbook(cells, names=(("Été &amp; co", ""),))
    content = rewritten(shown, b'<row><c r="A3"', b'<row r="3" spans="1:1" hidden="1"><c r="A3"')

    sheet = read(content)

    assert [row.number for row in read(shown).rows] == [1, 2, 3, 4]
    assert [row.number for row in sheet.rows] == [1, 2, 4]
    (aside,) = sheet.aside
    assert aside.numbers == (3,)
    assert "masquée" in aside.reason


def rewritten(content: bytes, before: bytes, after: bytes) -> bytes:
    """The same workbook, with something else in its sheets."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(before, after))
    return stream.getvalue()


def test_a_workbook_whose_sheets_are_all_hidden_is_refused() -> None:
    names = (("Cachée", ' state="veryHidden"'),)

    assert "lisible" in read(workbook({"A1": "a@b.fr"}, names=names)).refusal


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("photo.txt", "x")

    assert "lisible" in read(stream.getvalue()).refusal


def test_whole_numbers_have_no_decimals() -> None:
    cells = workbook({"A1": "12", "B1": "2.5"})

    assert read(cells).rows[0].cells == ("12", "2.5")


def test_a_macro_workbook_is_refused_whatever_its_name() -> None:
    content = workbook({"A1": "a@b.fr"}, xl__vbaProject_bin=b"macro")

    assert "macros" in read(content).refusal


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "XFD1", "A20100", "BA1"])
def test_one_cell_far_away_does_not_fill_the_memory(place: str) -> None:
    assert "20\u202f000 lignes" in read(workbook({"A1": "x", place: "a@b.fr"})).refusal


@pytest.mark.parametrize(
    "cell",
    [
        b'<c\nr="BA1"',
        b'<c\tr="BA1"',
        b'<c r ="BA1"',
        b'<c r=\n"BA1"',
        b"<c r='BA1'",
        b'<c r="ba1"',
        b'<c r="A00000020100"',
        b'<c k=">" r="BA1"',
        b'<c k=\'r="A1"\' r="BA1"',
        b'<x:c xmlns:x="x" r="BA1"',
    ],
)
def test_a_cell_far_away_is_seen_however_it_is_written(cell: bytes) -> None:
    content = workbook({"A1": "x", "B1": "a@b.fr"})

    assert not workbook_refusal(content)
    assert "50 colonnes" in workbook_refusal(rewritten(content, b'<c r="B1"', cell))


def test_a_cell_that_does_not_say_its_place_has_that_of_its_row_and_of_those_before_it() -> None:
    content = workbook({"A1": "x", "B1": "a@b.fr"})
    cell = b"<c><v>1</v></c>"
    long = rewritten(content, b'<row><c r="B1"', b'<row r="20100"><c')
    wide = rewritten(content, b"</row></sheetData>", cell * 60 + b"</row></sheetData>")
    near = rewritten(content, b"</row></sheetData>", cell * 48 + b"</row></sheetData>")

    assert "50 colonnes" in workbook_refusal(long)
    assert "50 colonnes" in workbook_refusal(wide)
    assert [len(row.cells) for row in read(near).rows] == [50, 50]


def test_empty_formatted_cells_far_away_do_not_matter() -> None:
    content = workbook({"A1": "a@b.fr"})
    far = b'<row r="1048576"><c r="A1048576" s="1"/></row></sheetData>'
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"</sheetData>", far))

    assert [row.cells for row in read(stream.getvalue()).rows] == [("a@b.fr",)]


def test_a_bomb_is_not_unpacked() -> None:
    content = workbook({"A1": "a@b.fr"}, xl__sharedStrings_bin=bytes(101 * 1024 * 1024))

    assert len(content) < spreadsheet.LARGEST_FILE
    assert "5\u00a0Mo" in read(content).refusal


@given(st.integers(0, 900), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_never_raises(at: int, noise: bytes) -> None:
    content = bytearray(workbook({"A1": "a@b.fr"}))
    content[at : at + len(noise)] = noise

    sheet = read(bytes(content))

    assert sheet.rows or sheet.refusal


# --- Every kind of workbook, whatever its name says

MAKERS = pytest.mark.parametrize(
    ("make", "kind"), [(xlsx, "XLSX"), (xls, "XLS"), (ods, "ODS")], ids=["xlsx", "xls", "ods"]
)
Make = Callable[..., bytes]


@MAKERS
def test_every_kind_of_workbook_gives_the_same_rows(make: Make, kind: str) -> None:
    rows = [("Courriel", "Structure"), (), ("élodie@ain.gouv.fr", "Préfecture – œuvres"), ("", "x")]

    sheet = read(make({"Été & co": rows}))

    assert sheet.how == f"classeur {kind}, feuille «\u00a0Été & co\u00a0»"
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (1, ("Courriel", "Structure")),
        (3, ("élodie@ain.gouv.fr", "Préfecture – œuvres")),
        (4, ("", "x")),
    ]
    assert [one.words for one in sheet.aside] == ["ligne 2\u00a0: ligne vide"]


@MAKERS
def test_rows_hidden_or_filtered_out_are_told_by_their_numbers(make: Make, kind: str) -> None:
    rows = [("Courriel",), *((f"a{n}@ain.gouv.fr",) for n in range(9))]

    sheet = read(make({"Agents": rows}, hidden=(3, 4, 8)))

    assert [row.number for row in sheet.rows] == [1, 2, 5, 6, 7, 9, 10]
    assert [one.words.partition(" (")[0] for one in sheet.aside] == [
        "lignes 3 à 4, 8\u00a0: masquée dans le classeur"
    ]


@MAKERS
def test_the_sheet_with_the_most_addresses_is_read_and_the_others_told(
    make: Make, kind: str
) -> None:
    notice = [("Pour toute question\u00a0:",), ("rh@ain.gouv.fr",)]
    people = [("Courriel",), ("a@ain.gouv.fr",), ("b@ain.gouv.fr",)]

    sheet = read(make({"Lisez-moi": notice, "Agents": people}))

    assert sheet.sheet == "Agents"
    (aside,) = sheet.aside
    assert aside.numbers == (1, 2)
    assert "feuille «\u00a0Lisez-moi\u00a0»" in aside.reason
    assert "1 avec une adresse" in aside.reason
    assert read(make({"Lisez-moi": notice, "Agents": people}), "Lisez-moi").sheet == "Lisez-moi"


@MAKERS
def test_a_cell_beyond_the_limits_is_refused_in_every_kind(make: Make, kind: str) -> None:
    wide = [("Courriel",), ("a@ain.gouv.fr", *[""] * 49, "x")]

    assert "50 colonnes" in read(make({"Agents": wide})).refusal


@pytest.mark.parametrize("columns", [50, 500])
@pytest.mark.parametrize("rows", [300, 512, 20_050])
def test_each_cell_of_an_xls_is_looked_at_whatever_is_before_it(rows: int, columns: int) -> None:
    kinds = {0xFD: 10, 0x27E: 10, 0x203: 14, 0x204: 12, 0xBD: 16}
    places = [
        (row, column)
        for row in (0, 255, 256, rows - 1, rows, rows + 256)
        for column in (0, 49, 50, 255)
    ]
    for kind, size in kinds.items():
        for row, column in places:
            ends = struct.pack("<H", column) if kind == 0xBD else b""
            body = struct.pack("<HH", row, column).ljust(size - len(ends), b"\0") + ends
            first = struct.pack("<HHHH", 0xFD, 10, 1, 1) + bytes(6)
            stream = first + struct.pack("<HH", kind, size) + body + bytes(16)

            far = row >= rows or column >= columns
            assert (xls_unseen(stream, rows, columns) is None) == far, (kind, row, column)


@pytest.mark.parametrize("equals", ["=", " =", "= ", "\n=\t"])
@pytest.mark.parametrize("number", ["'16000'", '"16000"', '"+16000"', '"0000000016000"'])
@pytest.mark.parametrize("repeated", ["rows", "columns"])
def test_a_cell_said_to_be_repeated_does_not_fill_the_memory(
    repeated: str, number: str, equals: str
) -> None:
    times = f" table:number-{repeated}-repeated{equals}{number}"
    row, cell = (times, "") if repeated == "rows" else ("", times)
    rows = f"<table:table-row{row}><table:table-cell{cell}><text:p>x</text:p></table:table-cell>"
    table = f'<table:table table:name="A">{(rows + "</table:table-row>") * 2}</table:table>'

    assert "20\u202f000 lignes" in read(ods_of(table)).refusal


def test_blank_cells_repeated_in_the_middle_of_a_row_are_read() -> None:
    gap = '<table:table-cell table:number-columns-repeated="9"/>'
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in ("Dupont", "a@ain.gouv.fr")
    ).replace("</table:table-cell><table", f"</table:table-cell>{gap}<table", 1)
    table = f'<table:table table:name="A"><table:table-row>{cells}</table:table-row></table:table>'

    (row,) = read(ods_of(table)).rows
    assert row.cells == ("Dupont", *[""] * 9, "a@ain.gouv.fr")


def test_a_formula_saved_without_its_result_is_seen_in_a_workbook() -> None:
    book = xlsx({"Agents": [("Courriel",), ('=A9&"@ain.gouv.fr"',), ("b@ain.gouv.fr",)]})
    cell = '<table:table-cell table:formula="of:=[.A9]"/>'
    table = f'<table:table table:name="A"><table:table-row>{cell}</table:table-row></table:table>'

    assert [row.cells[0] for row in read(book).rows] == [
        "Courriel",
        spreadsheet.NOT_SAVED,
        "b@ain.gouv.fr",
    ]
    assert [row.cells for row in read(ods_of(table)).rows] == [(spreadsheet.NOT_SAVED,)]


@pytest.mark.parametrize(
    "lost", [as_text("\t").encode("utf-16-le"), as_text(";").encode("utf-16-le")]
)
def test_utf_16_is_read_without_its_mark(lost: bytes) -> None:
    assert tuple(row.cells for row in read(lost).rows) == LINES


def test_a_cell_of_seven_lines_is_one_cell() -> None:
    note = "\r\n".join(f"ligne {n}" for n in range(7))
    text = f'a@b.fr;x;"{note}"\r\n' + "c@d.fr;x;y\r\n" * 3

    assert [row.number for row in read(text.encode()).rows] == [1, 2, 3, 4]


def test_two_quotation_marks_left_open_do_not_swallow_those_between() -> None:
    text = 'courriel;nom\na@b.fr;"ouvert\n' + "c@d.fr;x\n" * 3 + 'e@f.fr;fermé"\ng@h.fr;x\n'

    assert len(read(text.encode()).rows) == 7


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8), st.sampled_from([xls, ods]))
def test_a_damaged_workbook_of_any_kind_never_raises(at: int, noise: bytes, make: Make) -> None:
    content = bytearray(make({"Agents": [("a@b.fr",)]}))
    at %= len(content)
    content[at : at + len(noise)] = noise

    sheet = read(bytes(content))

    assert sheet.rows or sheet.refusal


def test_a_date_is_readable() -> None:
    book = openpyxl.Workbook()
    book.active.append(["a@b.fr", dt.date(2024, 6, 28)])
    stream = io.BytesIO()
    book.save(stream)

    assert read(stream.getvalue()).rows[0].cells == ("a@b.fr", "2024-06-28")
