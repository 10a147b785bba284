"""Writes a report as one HTML file that needs nothing else, or as a PDF.

The PDF needs WeasyPrint, which `pip install 'consultation[pdf]'` brings, with Pango on the machine.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from flask import render_template
from markupsafe import Markup

from consultation import whole
from consultation.refusals import Refusal
from consultation.results.report import Report
from consultation.web import STATIC

STYLE = "report.css"


class PdfMissing(Refusal):
    """Le PDF demande un outil : pip install 'consultation[pdf]'. La page web s’imprime aussi."""

    status = 409
    title = "Outil absent"


def html(report: Report, day: date) -> str:
    """The report as a page of its own, styles included: nothing is asked of any server."""
    style = Markup((STATIC / STYLE).read_text("utf-8"))  # noqa: S704 - our own file
    return render_template("results/rapport-fichier.html", report=report, style=style, day=day)


def pdf(page: str) -> bytes:
    """The same to be printed, tagged for screen readers (PDF/UA-1)."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # the second: Pango is not there
        raise PdfMissing from error
    document: bytes = HTML(string=page, url_fetcher=_nothing).write_pdf(pdf_variant="pdf/ua-1")
    return document


def write(report: Report, day: date, path: Path) -> None:
    """Write the report at `path`: a PDF when its name says so, HTML otherwise."""
    page = html(report, day)
    content = pdf(page) if path.suffix.lower() == ".pdf" else page.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.write(path, content)


def _nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise ValueError(f"a report asks for nothing: {url}")
