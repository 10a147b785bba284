"""The `consultation` command: whoever writes a questionnaire does not wait for the server."""

from __future__ import annotations

import sys

import click

from consultation.authoring.commands import COMMANDS


def main() -> None:
    """Run a command; those on files alone start without loading anything else."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    alone = click.Group(commands=list(COMMANDS))
    if word in alone.commands:
        alone.main(prog_name="consultation")
    from consultation.app import main as everything  # 0.7 s

    everything()


if __name__ == "__main__":
    main()
