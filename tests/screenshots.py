"""Takes a picture of every page an agent can meet, for people to look at.

    PYTHONPATH=tests:. python -m screenshots DIRECTORY [--only WORD]

On a phone and on a desktop, in forced colours, and as printed on paper.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from pathlib import Path
from typing import Any

from browsing import chromium
from playwright.sync_api import Browser
from states import DESKTOP, PHONE, Town, every_state, town

LOOKS: dict[str, dict[str, Any]] = {
    "telephone": {"viewport": PHONE, "device_scale_factor": 2},
    "bureau": {"viewport": DESKTOP},
    "paysage": {"viewport": {"width": 740, "height": 360}},
    "contraste": {"viewport": PHONE, "forced_colors": "active", "color_scheme": "dark"},
}


def main() -> None:
    """Fill the directory."""
    asked = argparse.ArgumentParser(description="Takes a picture of every page of the agents.")
    asked.add_argument("directory", type=Path)
    asked.add_argument("--only", default="", help="states whose name contains this word")
    options = asked.parse_args()
    logging.disable()
    for look, how in LOOKS.items():
        with (
            tempfile.TemporaryDirectory() as place,
            town(Path(place)) as platform,
            chromium() as browser,
        ):
            taken = photograph(platform, browser, options.directory / look, options.only, how)
        print(f"{options.directory / look}: {taken}")  # noqa: T201 - a command


def photograph(
    platform: Town, browser: Browser, directory: Path, only: str, how: dict[str, Any]
) -> int:
    """One file for each state, in the order one meets them; how many."""
    directory.mkdir(parents=True, exist_ok=True)
    taken = 0
    for number, (name, agent) in enumerate(every_state(platform, browser, **how), 1):
        if only not in name:
            continue
        agent.tab.screenshot(path=directory / f"{number:02}-{name}.png", full_page=True)
        taken += 1
        if directory.name == "bureau":
            agent.tab.pdf(path=directory / f"{number:02}-{name}.pdf")
    return taken


if __name__ == "__main__":
    main()
