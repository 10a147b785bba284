"""The export keys: without them, the urn of a campaign is noise."""

from __future__ import annotations

from pathlib import Path

from consultation.refusals import Refusal
from consultation.sealing import (
    SealingKey,
    UrnKey,
    derive,
    destroy_key,
    read_key,
    sealing_key,
    write_key,
)


class NoExportKey(Refusal):
    """La clé d’export de cette consultation n’est pas sur ce serveur. Prévenez l’exploitation."""

    status = 409
    title = "Clé d’export absente"


class ResultKeys:
    """The private key that opens each campaign's released ballots, in `keys/results/<slug>/`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "results"

    def create(self, slug: str) -> bytes:
        """Make the campaign's export key, or find the one made before; its public half."""
        path = self._path(slug)
        if not path.exists():
            write_key(path, UrnKey.generate().to_bytes())
        return self.get(slug).public

    def get(self, slug: str) -> SealingKey:
        """The campaign's export key; NoExportKey when it is not here whole."""
        try:
            return sealing_key(read_key(self._path(slug)))
        except (FileNotFoundError, ValueError) as error:
            raise NoExportKey from error

    def holds(self, slug: str) -> bool:
        """Whether the campaign's export key is here."""
        return self._path(slug).exists()

    def destroy(self, slug: str) -> None:
        """Make the urn unreadable for ever; doing it twice changes nothing."""
        destroy_key(self._path(slug))

    def drawing(self, slug: str) -> bytes:
        """What everything drawn for this campaign's files comes from: always the same draws."""
        return derive(self.get(slug).to_bytes(), "order of an export")

    def beside(self, slug: str, name: str) -> Path:
        """A folder for what this key locks: made again from the urn whenever it is lost."""
        return self._directory / slug / name

    def _path(self, slug: str) -> Path:
        return self._directory / slug / "export.key"
