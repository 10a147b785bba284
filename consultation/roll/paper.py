"""Prints codes for those who have no mailbox: letters, or slips to cut, sorted by service.

Made on demand and never kept. The services are those written for this printing: the roll does not
know them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from consultation.config import Settings
from consultation.office.campaigns import Campaign
from consultation.refusals import Refusal
from consultation.roll.slips import Form, Slip
from consultation.roll.store import Batch

MOST = 2_000  # codes in one file


class NoPrinter(Refusal):
    """L’impression n’est pas installée sur ce serveur. Demandez l’option « paper ».

    `pip install 'consultation[paper]'`
    """

    status = 501
    title = "Impression indisponible"


class WrongServices(Refusal):
    """Écrivez un service par ligne, puis un point-virgule et un nombre : « DDPP ; 12 »."""

    status = 422
    title = "Services à corriger"


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many codes go to a service."""

    service: str
    count: int


def shares(typed: str, available: int) -> tuple[Share, ...]:
    """What was written, « DDPP ; 12 » on each line; nothing: all of them, for no service."""
    lines = [line for line in map(str.strip, typed.splitlines()) if line]
    found = tuple(_share(line) for line in lines) or (Share(service="", count=available),)
    if sum(one.count for one in found) > available:
        raise WrongServices(
            f"Ces services demandent {sum(one.count for one in found)} codes, et ce lot en a "
            f"{available}. Corrigez les nombres, ou préparez un autre lot."
        )
    return tuple(sorted(found, key=lambda one: one.service.casefold()))


def pdf(
    batch: Batch,
    campaign: Campaign,
    settings: Settings,
    codes_: Sequence[str],
    wanted: Sequence[Share],
    form: Form = "bulletins",
) -> bytes:
    """A PDF file of these codes for these services; NoPrinter where the extra is not installed."""
    try:
        from consultation.roll import drawing  # slow to load, and an extra
    except ImportError as error:
        raise NoPrinter from error
    return drawing.pdf(batch, campaign, settings, tuple(_slips(codes_, wanted)), form)


def _share(line: str) -> Share:
    found = re.fullmatch(r"(.{1,100}?)\s*[;\t]\s*(\d{1,4})", line)
    if found is None or not 0 < int(found[2]) <= MOST:
        raise WrongServices
    return Share(service=" ".join(found[1].split()), count=int(found[2]))


def _slips(codes_: Sequence[str], wanted: Sequence[Share]) -> Iterator[Slip]:
    left = enumerate(codes_, 1)
    for share in wanted:
        for _, (number, code) in zip(range(share.count), left, strict=False):
            yield Slip(code=code, service=share.service, number=number, total=len(codes_))
