"""Serves the pages with gunicorn, as `python -P -m consultation.serving BIND WORKERS [watched]`.

gunicorn's own command runs code that it finds in the folder it is started in, a `consultation/` or
a `gunicorn.conf.py`: this one loads what is installed, and nothing else.
"""

from __future__ import annotations

import sys

from gunicorn.app.base import BaseApplication

from consultation.app import served
from consultation.parts import Application


class Served(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """The application, served there by so many processes; only errors are logged, no address."""

    def __init__(self, bind: str, workers: int, *, watched: bool) -> None:
        self._watched = watched
        self._settings = {
            "bind": bind,
            "workers": workers,
            "loglevel": "error",
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        """What gunicorn is told: nothing from its environment or from a file."""
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """The application of one process, made in it."""
        return served(watched=self._watched)


if __name__ == "__main__":
    Served(sys.argv[1], int(sys.argv[2]), watched="watched" in sys.argv[3:]).run()
