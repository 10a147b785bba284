#!/usr/bin/env bash
# OpenSMTPD's last word about a message that it has given up and deleted is a report whose Action is
# « delayed », which says that it is « only a temporary failure report » and that the message « is
# kept in the queue ». No other report follows. Whoever reads Action as RFC 3464 tells to waits for
# ever; only the code, 4.4.7, says that the time was over.
#
# Runs Debian's OpenSMTPD alone in a folder, on loopback: wants root, for its users (half a minute).
set -euo pipefail

version=6.8.0p2-4+b4
[ "$(id -u)" = 0 ] || { echo "run it as root: the server changes users"; exit 2; }
there=$(mktemp -d)
root=$there/root
chmod 755 "$there"
stop() {
  [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
  rm -rf "$there"
}
trap stop EXIT

cd "$there"
apt-get download -qq "opensmtpd=$version" libc6 libcrypt1 libdb5.3 libevent-2.1-7 libpam0g libssl3 \
  zlib1g libaudit1 libcap-ng0 2>/dev/null
for package in *.deb; do dpkg -x "$package" "$root"; done
mkdir -p "$root"/{dev,tmp,etc,var/spool/smtpd,var/lib/opensmtpd/empty,var/run,run}
chmod 711 "$root/var/spool/smtpd"
for device in null:3 urandom:9; do
  mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
echo "root:x:0:0::/root:/bin/sh
opensmtpd:x:904:904::/var/lib/opensmtpd/empty:/bin/false
opensmtpq:x:905:905::/var/lib/opensmtpd/empty:/bin/false" >"$root/etc/passwd"
printf 'root:x:0:\nopensmtpd:x:904:\nopensmtpq:x:905:\n' >"$root/etc/group"
echo relay.example >"$root/etc/mailname"
read -r port kept closed < <(python3 -c '
import socket
open_ = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*[one.getsockname()[1] for one in open_])')
cat >"$root/etc/smtpd.conf" <<CONF
queue ttl 10s
bounce warn-interval 1h
listen on 127.0.0.1 port $port
action "back" relay host smtp://127.0.0.1:$kept
action "away" relay host smtp://127.0.0.2:$closed
match from any for domain "sender.example" action "back"
match from any for any action "away"
CONF
chroot "$root" /usr/sbin/smtpd -d -f /etc/smtpd.conf >"$there/log" 2>&1 &
server=$!

echo "OpenSMTPD $version"
python3 - "$port" "$kept" "$root" <<'PYTHON'
import re
import smtplib
import socket
import sys
import time
from pathlib import Path

port, kept, root = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
for _ in range(100):
    try:
        client = smtplib.SMTP("127.0.0.1", port)
        break
    except OSError:
        time.sleep(0.1)
back = socket.create_server(("127.0.0.1", kept))
back.settimeout(120)
client.sendmail("me@sender.example", ["you@away.example"], "Subject: hello\r\n\r\nhello\r\n")

connection, _ = back.accept()
talk, report, in_text = connection.makefile("rwb"), [], False
talk.write(b"220 ready\r\n")
talk.flush()
for line in talk:
    if in_text and line != b".\r\n":
        report.append(line.decode().rstrip())
        continue
    answer = b"354 go on" if line.upper().startswith(b"DATA") else b"250 fine"
    if in_text:
        break
    in_text = line.upper().startswith(b"DATA")
    talk.write(answer + b"\r\n")
    talk.flush()
talk.write(b"250 kept\r\n")
talk.flush()
time.sleep(2)
queued = [one for one in (root / "var/spool/smtpd/queue").rglob("*") if one.is_file()]
text = "\n".join(report)
shown = ("Content-Type: multipart", "Final-Recipient", "Action", "Status", "Auto-Submitted")
print(*[line for line in report if line.startswith(shown)], sep="\n")
print(*[line for line in report if "expired" in line or "kept in the queue" in line], sep="\n")
print(f"messages in its queue then: {len(queued)}")
same = (
    not queued
    and re.search(r"^Action: delayed$", text, re.MULTILINE)
    and re.search(r"^Status: 4\.4\.7$", text, re.MULTILINE)
    and "The message is kept in the queue" in text
    and "Auto-Submitted" not in text
)
print("the same as before: given up, and told as delayed" if same else "CHANGED")
sys.exit(0 if same else 1)
PYTHON
