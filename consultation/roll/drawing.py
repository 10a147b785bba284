"""Draws letters and slips. Only this module needs reportlab, loaded when something is printed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, KeepInFrame, Paragraph

from consultation.config import Settings
from consultation.formatting import end
from consultation.office.campaigns import Campaign
from consultation.roll import codes
from consultation.roll.mail import link
from consultation.roll.slips import Form, Slip
from consultation.roll.store import Batch

_GRID = {"bulletins": (2, 4), "lettres": (1, 1)}
_QUIET = 2  # white modules around a QR code


def pdf(
    batch: Batch, campaign: Campaign, settings: Settings, slips: Sequence[Slip], form: Form
) -> bytes:
    """A PDF file of these slips, A4: each with its QR code, its letters and where to write them."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4, invariant=1, lang="fr-FR")
    canvas.setTitle(f"{campaign.title}, lot {batch.name}")
    printer = _Printer(canvas, batch, campaign, settings, form)
    for slip in slips:
        printer.add(slip)
    printer.end()
    return stream.getvalue()


class _Printer:
    """Puts slips in the cells of a page, one service after the other."""

    def __init__(
        self,
        canvas: Canvas,
        batch: Batch,
        campaign: Campaign,
        settings: Settings,
        form: Form,
    ) -> None:
        self._canvas = canvas
        self._batch = batch
        self._campaign = campaign
        self._settings = settings
        self._columns, self._rows = _GRID[form]
        self._size = 9 if form == "bulletins" else 13
        self._at = 0
        self._service = ""

    def add(self, slip: Slip) -> None:
        """One more; another service begins on another page, to be cut and handed out apart."""
        full = self._at == self._columns * self._rows
        if self._at and (full or slip.service != self._service):
            self._canvas.showPage()
            self._at = 0
        self._service = slip.service
        width, height = A4[0] / self._columns, A4[1] / self._rows
        column, row = self._at % self._columns, self._at // self._columns
        self._draw(slip, column * width, A4[1] - (row + 1) * height, width, height)
        self._at += 1

    def end(self) -> None:
        """Close the file."""
        self._canvas.showPage()
        self._canvas.save()

    def _draw(self, slip: Slip, x: float, y: float, width: float, height: float) -> None:
        canvas, margin = self._canvas, 6 * mm
        if self._rows > 1:
            canvas.setDash(1, 3)
            canvas.rect(x, y, width, height)
            canvas.setDash()
        side = 30 * mm if self._rows > 1 else 50 * mm
        place = _landing(self._settings)
        address = link(place, self._campaign.slug, self._batch.audience, slip.code)
        self._qr(address, x + width - side - margin, y + height - side - margin, side)
        top, wide = y + height - side - margin, width - 2 * margin
        head = (f"<b>{_plain(self._campaign.title)}</b>", self._whose(slip))
        self._write(head, x + margin, top, wide - side - margin, side)
        self._write(self._words(slip), x + margin, y + margin, wide, height - side - 3 * margin)

    def _write(self, texts: Iterable[str], x: float, y: float, width: float, height: float) -> None:
        """Paragraphs in a rectangle; too long for it, they are written smaller, never cut."""
        frame = Frame(x, y, width, height, 0, 0, 0, 0)
        told: list[Flowable] = [self._text(text) for text in texts]
        frame.addFromList([KeepInFrame(width, height, told, mode="shrink")], self._canvas)

    def _whose(self, slip: Slip) -> str:
        service = f"{slip.service}, " if slip.service else ""
        return _plain(f"{service}code {slip.number} sur {slip.total}, lot {self._batch.name}")

    def _words(self, slip: Slip) -> Iterator[str]:
        place, letters = _landing(self._settings), codes.grouped(slip.code)
        page = f"<b>{_plain(place)}/q</b>"
        yield f"Photographiez ce code avec un téléphone, ou ouvrez {page} et écrivez\u00a0:"
        yield f'<font face="Courier-Bold">{letters}</font>'
        yield _plain(f"Jusqu’au {end(self._campaign.closes)}.")
        yield "Ce code est personnel et permet de répondre une seule fois."
        yield "Rien ne relie vos réponses à ce papier."

    def _text(self, html: str) -> Paragraph:
        style = ParagraphStyle(
            "text", fontName="Helvetica", fontSize=self._size, leading=self._size * 1.25,
            spaceAfter=self._size / 2,
        )  # fmt: skip
        return Paragraph(html, style)

    def _qr(self, address: str, x: float, y: float, side: float) -> None:
        rows = list(segno.make(address, error="m", micro=False).matrix_iter(border=_QUIET))
        module = side / len(rows)
        for down, row in enumerate(rows):
            for across, dark in enumerate(row):
                if dark:
                    top = y + side - (down + 1) * module
                    self._canvas.rect(x + across * module, top, module, module, stroke=0, fill=1)


def _landing(settings: Settings) -> str:
    """Where people go to answer."""
    return settings.landing.rstrip("/")


def _plain(text: str) -> str:
    """As the standard fonts write it, and as no markup."""
    written = text.replace("\u202f", "\u00a0").encode("cp1252", "replace").decode("cp1252")
    return written.replace("&", "&amp;").replace("<", "&lt;")
