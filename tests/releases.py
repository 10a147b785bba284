"""Run as a program: releases the ballots of one consultation again and again, until killed."""

from __future__ import annotations

import logging
import os
import sys
import time

from sqlalchemy.exc import DBAPIError

from consultation.app import create_app
from consultation.ballots.release import Release
from consultation.config import Settings
from consultation.office.store import Campaigns

PAUSE = 0.1


def main() -> None:
    """What a worker does, faster: a store that is away is asked again later."""
    parts = create_app(Settings.from_environment(os.environ)).parts
    while True:
        try:
            campaign = parts[Campaigns].recent(sys.argv[1])
            parts[Release].prove(campaign)
            parts[Release].run(campaign)
        except (DBAPIError, OSError) as error:
            logging.warning("release: %s", type(error).__name__)
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
