"""A site with its face and nothing behind, for tests of what every page shares."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from consultation.config import Settings, shipped
from consultation.web import init_web

SETTINGS = Settings(
    secret_key="s" * 32,
    roll_url="",
    box_url="",
    office_url="",
    keys=Path("keys"),
    public_url="https://consultation.example",
    organisation="Ministère de l’essai",
    contact="aide@consultation.example",
)


def build(settings: Settings = SETTINGS) -> Flask:
    """The face alone."""
    app = Flask("consultation", static_folder=None, template_folder=str(shipped("templates")))
    init_web(app, settings)
    return app
