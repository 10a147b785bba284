"""What the platform adds to each message, against bare smtplib in the same run; and preparing many.

    PYTHONPATH=tests:. python -m benchmarks.mail [--messages 1000] [--prepared 60000] [--postgresql]

The sink is another process. Bare smtplib is given messages already written; the platform takes each
from its store, writes it, and commits its state before and after. Turns are interleaved.
"""

from __future__ import annotations

import argparse
import multiprocessing
import smtplib
import socket
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import BinaryIO

import small
from cluster import Cluster

from consultation.config import Settings, Smtp, migrations_of
from consultation.database import Database, migrate
from consultation.roll.batches import parse
from consultation.roll.keys import RollKeys
from consultation.roll.mail import Writer
from consultation.roll.relay import Letter, Mailer
from consultation.roll.sending import Invitations, Manner, carry
from consultation.roll.store import Roll

TURN = 200
REPLIES = {b"EHLO": b"250 OK", b"MAIL": b"250 OK", b"RCPT": b"250 OK", b"QUIT": b"221 Bye"}


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--messages", type=int, default=1000)
    options.add_argument("--prepared", type=int, default=60_000)
    options.add_argument("--postgresql", action="store_true")
    options.add_argument("--relay", type=float, default=0.0, help="seconds a relay takes to store")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if not chosen.postgresql:
            return _measure(chosen, f"sqlite:///{folder}/roll.sqlite", Path(folder))
        with Cluster() as cluster:
            _measure(chosen, cluster.url, Path(folder))
    return None


def _measure(chosen: argparse.Namespace, url: str, folder: Path) -> None:
    with closing(Database(url)) as database:
        migrate(database, migrations_of("roll"))
        keys = RollKeys(folder / "keys")
        keys.create(small.campaign().slug, ())
        roll = Roll(database, keys, lambda: small.OPENS)
        seconds = _prepare(roll, chosen.prepared)
        print(f"{chosen.prepared} invitations prepared in {seconds:.1f} s")  # noqa: T201
        _send(roll, chosen, folder)


def _prepare(roll: Roll, count: int) -> float:
    started = time.monotonic()
    for first in range(0, count, 20_000):
        lines = "".join(f"a{n}@ain.gouv.fr\n" for n in range(first, min(first + 20_000, count)))
        parsed = parse(f"courriel\n{lines}".encode())
        roll.confirm(roll.draft_batch("essai", f"lot {first}", "agents", parsed))
    return time.monotonic() - started


def _send(roll: Roll, chosen: argparse.Namespace, folder: Path) -> None:
    port = _sink(chosen.relay)
    settings = Settings(
        secret_key="k" * 48,
        roll_url="",
        box_url="",
        office_url="",
        keys=folder,
        public_url="https://consultation.exemple.fr",
        smtp=Smtp(host="127.0.0.1", port=port),
        mail_from="consultation@exemple.fr",
        mail_returns="retour@exemple.fr",
    )
    campaign = replace(small.campaign(), keys={})
    writer = Writer(campaign, settings)
    outgoing = roll.unused_invitation("essai", "agents")
    if outgoing is None:
        raise ValueError("nobody is invited")
    letter = writer.letter(outgoing, roll.now())
    (batch, *_) = roll.batches("essai")
    roll.start_sending(batch.id)
    bare, ours = [], []
    for _ in range(chosen.messages // TURN):
        bare.append(_bare(port, letter))
        started = time.monotonic()
        sent = [0]

        def over(sent: list[int] = sent) -> bool:
            sent[0] += 1
            return sent[0] > 2 * TURN  # asked twice for each message

        manner = Manner(rate=1e6, patient=False, over=over)
        done = carry(Invitations(roll, batch.id), Mailer(settings.smtp), campaign, settings, manner)
        ours.append((time.monotonic() - started) / max(1, done.sent))
        roll.start_sending(batch.id)
    ratio = median(bare) / median(ours)
    print(  # noqa: T201
        f"a message: bare {median(bare) * 1000:.2f} ms, ours {median(ours) * 1000:.2f} ms, "
        f"{ratio:.0%} of bare smtplib's speed"
    )


def _bare(port: int, letter: Letter) -> float:
    started = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port) as relay:
        for _ in range(TURN):
            relay.sendmail(letter.sender, letter.to, letter.content)
    return (time.monotonic() - started) / TURN


def _sink(delay: float) -> int:
    server = socket.create_server(("127.0.0.1", 0))
    fork = multiprocessing.get_context("fork")
    fork.Process(target=_serve, args=(server, delay), daemon=True).start()
    return int(server.getsockname()[1])


def _serve(server: socket.socket, delay: float) -> None:
    while True:
        caller, _ = server.accept()
        with caller, caller.makefile("rb") as lines:
            caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            caller.sendall(b"220 sink\r\n")
            for line in lines:
                word = line[:4].upper()
                if word == b"DATA":
                    caller.sendall(b"354 go\r\n")
                    _swallow(lines)
                    time.sleep(delay)
                caller.sendall(REPLIES.get(word, b"250 OK") + b"\r\n")


def _swallow(lines: BinaryIO) -> None:
    while lines.readline() not in (b".\r\n", b""):
        pass


if __name__ == "__main__":
    main()
