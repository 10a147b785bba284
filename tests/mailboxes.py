"""Real mailbox servers, and a person who opens the same mailbox."""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote, urlsplit

import pytest

WITHOUT_ACCENT, WITH_ACCENT = "mot de passe", "mot de passé"


@contextmanager
def imap(password: str = WITHOUT_ACCENT) -> Iterator[str]:
    """A real mailbox server while the block lasts, which knows no marks but those of IMAP."""
    port = _free_port()
    words = ("--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict")
    user = ("--demo-user", "retour", "--demo-password", password, "--demo-data")
    with _running([str(Path(sys.executable).with_name("pymap")), *words, *user], port):
        yield f"imap://retour:{quote(password)}@127.0.0.1:{port}/"


@contextmanager
def dovecot() -> Iterator[str]:
    """The server that most mailboxes are on, while the block lasts: it takes any mark."""
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not program:
        pytest.skip("no other mailbox server: dovecot-imapd is not installed")
    port = _free_port()
    with TemporaryDirectory() as directory:
        here = Path(directory)
        here.chmod(0o755)
        (here / "mail").mkdir()
        (here / "mail").chmod(0o777)
        (here / "conf").write_text(DOVECOT.format(here=here, port=port, **_account()))
        with _running([program, "-F", "-c", str(here / "conf")], port):
            yield f"imap://retour:secret@127.0.0.1:{port}/"


@contextmanager
def mailbox_at(url: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
    """The same mailbox as a person opens it, in a folder that is made if need be."""
    parts = urlsplit(url)
    with imaplib.IMAP4(parts.hostname or "", parts.port or 0) as client:
        told = f"\0retour\0{unquote(parts.password or '')}".encode()
        client.authenticate("PLAIN", lambda _: told)
        client.create(folder)
        client.select(folder)
        yield client


def put(client: imaplib.IMAP4, *contents: bytes, folder: str = "INBOX") -> None:
    """Let these messages arrive."""
    for content in contents:
        client.append(folder, "", "", content.replace(b"\n", b"\r\n"))
    client.noop()


def kept(client: imaplib.IMAP4, which: str = "ALL") -> int:
    """How many messages the folder holds."""
    client.noop()
    return len(client.search(None, which)[1][0].split())


DOVECOT = """
base_dir = {here}/run
state_dir = {here}/state
log_path = {here}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
mail_location = maildir:{here}/mail
{users}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={here}/mail
}}
"""


def _account() -> dict[str, object]:
    """Who reads the messages: this user, or nobody when it is root, which Dovecot refuses."""
    who = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
    group = grp.getgrgid(who.pw_gid).gr_name
    users = (
        f"default_internal_user = {who.pw_name}\n"
        f"default_login_user = {who.pw_name}\n"
        f"default_internal_group = {group}"
    )
    return {"uid": who.pw_uid, "gid": who.pw_gid, "users": users if os.getuid() else ""}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()
