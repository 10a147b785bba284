#!/usr/bin/env bash
# flufl.bounce, which Mailman reads bounces with, finds no address in the reports that Postfix writes
# about an address with an accent (RFC 6533): « Final-Recipient: utf-8; … » in a part of the type
# message/global-delivery-status. Whoever counts on it never learns that the message came back.
set -euo pipefail

there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
python3 -m venv "$there/venv"
"$there/venv/bin/pip" install --quiet --disable-pip-version-check 'flufl.bounce==6.0.0'

"$there/venv/bin/python" - <<'PYTHON'
import sys
from email import message_from_bytes
from importlib.metadata import version

from flufl.bounce import all_failures

REPORT = """\
From: MAILER-DAEMON@relais.example (Mail Delivery System)
To: retour@plateforme.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

This is the mail system at host relais.example.

--b
Content-Type: message/{part}
Content-Transfer-Encoding: 8bit

Reporting-MTA: dns; relais.example

Final-Recipient: {kind}; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b--
"""


def found(part: str, kind: str, address: str) -> list[str]:
    content = REPORT.format(part=part, kind=kind, address=address).encode()
    temporary, permanent = all_failures(message_from_bytes(content))
    return sorted(one.decode() for one in temporary | permanent)


print(f"flufl.bounce {version('flufl.bounce')}, Python {sys.version.split()[0]}")
plain = found("delivery-status", "rfc822", "andre@exemple.example")
print(f"delivery-status, rfc822;                  {plain}")
written = [
    ("delivery-status", "utf-8", "andre@exemple.example"),
    ("delivery-status", "utf-8", "andr\\x{E9}@exemple.example"),
    ("global-delivery-status", "utf-8", "andré@exemple.example"),
    ("global-delivery-status", "rfc822", "andre@exemple.example"),
]
lost = [found(*one) for one in written]
for (part, kind, address), said in zip(written, lost, strict=True):
    print(f"{part}, {kind}; {address}   {said}")
same = plain == ["andre@exemple.example"] and not any(lost)
print("the same as before: none of these is seen" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
