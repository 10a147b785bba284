"""The message on a phone: nothing is wider than the screen, whatever the addresses in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import small
from playwright.sync_api import Browser

from consultation.config import Settings
from consultation.roll.mail import message
from consultation.roll.store import Outgoing


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_the_message_fits_the_screen(browser: Browser, width: int) -> None:
    settings = Settings(
        secret_key="k" * 48,
        roll_url="",
        box_url="",
        office_url="",
        keys=Path("keys"),
        public_url="https://consultation-des-agents-de-l-etat.interieur.gouv.fr",
        mail_from="consultation@exemple.fr",
        contact="une-adresse-assez-longue@interieur.gouv.fr",
    )
    outgoing = Outgoing(
        id=b"", campaign="essai", audience="agents", address="a@ain.gouv.fr", code="Q" * 26
    )
    campaign = replace(small.campaign(), title="Votre avis sur l’administration territoriale")
    body = message(outgoing, campaign, settings, at=datetime.now(UTC)).get_body(("html",))
    assert body is not None
    page = browser.new_page(viewport={"width": width, "height": 780})

    page.set_content(body.get_content())

    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.close()
