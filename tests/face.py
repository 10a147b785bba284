"""A site with its face and little behind, for tests of what every page shares."""

from __future__ import annotations

from pathlib import Path

from consultation.ballots import pages as survey
from consultation.config import Settings, shipped
from consultation.parts import Application, Parts
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


def build(settings: Settings = SETTINGS, *made: object) -> Application:
    """The face, and these parts."""
    app = Application("consultation", template_folder=str(shipped("templates")))
    for one in (settings, *made):
        app.parts.add(one)
    init_web(app)
    return app


def surveying() -> Application:
    """The face, and what shows a questionnaire."""
    app = build()
    survey.init_survey(app)
    app.register_blueprint(survey.bp)
    return app


def exchange(app: Application, made: object) -> None:
    """This part takes the place of the one of its class."""
    app.parts = Parts(made, *(one for one in app.parts.all() if type(one) is not type(made)))
