"""How people read dates, numbers, and the few words that are emphasised."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.formatting import moment, number_fr, overseas, paragraphs, rich

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("at", "written"),
    [
        ((2024, 6, 28, 16, 0), "vendredi 28 juin 2024 à 18\u00a0h (heure de Paris)"),
        ((2024, 12, 1, 8, 5), "dimanche 1er décembre 2024 à 9\u00a0h\u00a005 (heure de Paris)"),
        ((2024, 6, 30, 22, 30), "lundi 1er juillet 2024 à 0\u00a0h\u00a030 (heure de Paris)"),
    ],
)
def test_a_date_is_written_in_french_at_the_hour_of_paris(
    at: tuple[int, int, int, int, int], written: str
) -> None:
    assert moment(datetime(*at, tzinfo=UTC)) == written


def test_a_moment_is_told_where_it_is_another_hour_or_another_day() -> None:
    summer = overseas(datetime(2024, 6, 28, 16, 0, tzinfo=UTC))
    winter = overseas(datetime(2024, 1, 31, 22, 30, tzinfo=UTC))

    assert summer[0] == (f"vendredi 28 juin 2024 à 6{NBSP}h", "Polynésie française (Tahiti)")
    assert summer[1][1] == "Guadeloupe, Martinique, Saint-Martin, Saint-Barthélemy"
    assert summer[-1] == (f"samedi 29 juin 2024 à 4{NBSP}h", "Wallis-et-Futuna")
    # Without summer time in Paris, Mayotte is two hours ahead, and not one.
    assert (f"jeudi 1er février 2024 à 1{NBSP}h{NBSP}30", "Mayotte") in winter
    assert all(any(place in places for _, places in summer) for place in ("Guyane", "La Réunion"))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (1234, f"1{NARROW}234"),
        (12.5, "12,5"),
        (-1234567.25, f"-1{NARROW}234{NARROW}567,25"),
    ],
)
def test_a_number_is_written_in_french(number: float, written: str) -> None:
    assert number_fr(number) == written


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("<strong>très</strong> <em>bien</em>", "<strong>très</strong> <em>bien</em>"),
        ("<strong><em>a</em> b</strong>", "<strong><em>a</em> b</strong>"),
        ("<strong><em>a</strong></em>", "&lt;strong&gt;&lt;em&gt;a&lt;/strong&gt;&lt;/em&gt;"),
        ('<a href="https://x.fr/?a=1&b">x</a>', '<a href="https://x.fr/?a=1&amp;b">x</a>'),
        (
            '<a href="javascript:x">x</a>',
            "&lt;a href=&#34;javascript:x&#34;&gt;x&lt;/a&gt;",
        ),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
    ],
)
def test_only_a_small_safe_subset_of_markup_is_kept(text: str, html: str) -> None:
    assert rich(text) == html


TAGS = ["<strong>", "</strong>", "<em>", "</em>", "</a>", '<a href="https://x.fr">']
TRAPS = [
    "<a href=",
    '<a href="https://x" onclick="y">',
    "<script>",
    "&lt;",
    "<",
    ">",
    '"',
    "'",
    "&",
]


@given(st.lists(st.sampled_from(TAGS + TRAPS) | st.text(max_size=3)).map("".join))
def test_whatever_is_typed_nothing_is_lost_and_only_the_subset_is_markup(text: str) -> None:
    html = str(rich(text))
    seen = _Tags()
    seen.feed(html)
    seen.close()

    assert seen.faults == []
    assert unescape(html) == text


class _Tags(HTMLParser):
    """Reads tags as a browser does, and keeps those that should not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if (tag, names) not in [("strong", []), ("em", []), ("a", ["href"])]:
            self.faults.append(f"<{tag} {names}>")
        if tag == "a" and "a" in self.open:
            self.faults.append("a link in a link")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def test_blank_lines_make_paragraphs() -> None:
    assert paragraphs("un\n\n<em>deux</em>\n \ntrois < 4") == (
        "<p>un</p>\n<p><em>deux</em></p>\n<p>trois &lt; 4</p>\n"
    )
