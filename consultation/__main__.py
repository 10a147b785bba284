"""The `consultation` command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consultation.cli import commands

if TYPE_CHECKING:
    from consultation.parts import Application


def main() -> None:
    """Run a command; the application is built for those that need it."""
    commands(obj=_application)


def _application(*given: Any, **means: Any) -> Application:  # noqa: ANN401 - what create_app is given
    from consultation import logs  # with every part: whoever lists commands does not wait
    from consultation.app import create_app

    logs.start("WARNING")
    return create_app(*given, **means)


if __name__ == "__main__":
    main()
