"""Requests that nobody should send: valid ones, learned from the pages, then spoilt a little.

Routes come from the application, fields and addresses from its own pages, all draws from a seed.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_from_bytes, urlsplit

import counting
import small
from commands import PASSWORD
from conftest import Clock
from flask.testing import FlaskClient
from sqlalchemy import insert
from visitor import Visitor
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import create_environ, run_wsgi_app

from consultation import days
from consultation.app import create_app
from consultation.ballots.boxes import for_urn
from consultation.ballots.pages import CARRIED
from consultation.ballots.release import Release
from consultation.ballots.tables import ballot, spent
from consultation.blind import to_wire
from consultation.config import Settings
from consultation.database import Database, Stores
from consultation.demo.forms import Control, Form, read_document
from consultation.office.accounts import ROLES
from consultation.office.campaigns import Campaign
from consultation.office.store import Accounts, Approvals, Campaigns, Figures
from consultation.parts import Application
from consultation.results.analysis import Analysis
from consultation.results.corpus import Corpus
from consultation.results.export import Results
from consultation.results.keys import ResultKeys
from consultation.results.report import Reporting
from consultation.results.reviewing import Decision, Reviewing
from consultation.results.store import Publications
from consultation.results.tagging import Tagging
from consultation.roll.batches import parse
from consultation.roll.keys import RollKeys
from consultation.roll.store import Roll
from consultation.sealing import write_key

NOBODY = ""
SLUGS = ("close", "essai", "pause", "brouillon")
ENDING = ("office.leave", "office.prepare_second_factor")
"""What ends a session, and takes nothing: it would be lost to what follows."""
HIDDEN = sorted(CARRIED)
"""Fields that a survey page may carry, and that most do not."""
SCRIPTED = (
    "roll.where",
    "roll.state",
    "roll.sign",
    "survey.keep_elsewhere",
    "survey.found_elsewhere",
)
JSON_NAMES = ("code", "blinded", "id", "box", "m", "s", "lang")
"""What scripts send: no form on any page has these fields together."""

Fields = list[tuple[str, bytes]]

# --- A platform with something of everything ---------------------------------------------------


def platform(store: Callable[[str], Database], directory: Path, clock: Clock) -> Application:
    """Campaigns in every state, batches of every kind, texts, files and published pages."""
    urls = {
        f"{name}_url": store(name).url.render_as_string(hide_password=False)
        for name in ("roll", "box", "office")
    }
    settings = Settings(
        secret_key="k" * 48,
        **urls,
        keys=directory / "keys",
        public_url="http://localhost",
        mail_from="consultation@exemple.gouv.fr",
        demo=True,
    )
    app = create_app(settings, clock=clock, hashing=small.FAST_HASHING)
    for role in ROLES:
        app.parts[Accounts].create(role, PASSWORD, role)
    _closed(app, _registered(app, "close", counting.DEFINITION, counting.LISTS), clock)
    for slug in SLUGS[1:]:
        _invited(app, _registered(app, slug, small.DEFINITION, small.LISTS))
    for slug in ("essai", "pause"):
        app.parts[Campaigns].open(slug)
    app.parts[Campaigns].pause("pause")
    exploitation = next(one for one in app.parts[Accounts].all() if one.role == "exploitation")
    app.parts[Approvals].request("early-closing", "essai", exploitation)
    return app


def _registered(app: Application, slug: str, definition: str, lists: Mapping[str, str]) -> Campaign:
    parts, keys = app.parts, app.parts[Settings].keys
    for audience in small.public_keys():
        path = keys / "roll" / slug / f"signing-{audience}.pem"
        write_key(path, small.signing_key(audience).to_pem())
    now = parts[days.Clock]()
    campaign = parts[Campaigns].create(
        slug=slug,
        urn=random.Random(slug).randbytes(16),
        definition=definition,
        lists=lists,
        opens=now - timedelta(days=1),
        closes=now + timedelta(days=20),
        export_key=ResultKeys(keys).create(slug),
        keys=parts[RollKeys].create(slug, tuple(small.public_keys())),
    )
    parts[Release].prepare(campaign)
    return campaign


def _closed(app: Application, campaign: Campaign, clock: Clock) -> None:
    """Ended weeks ago: counted, its texts gathered, some of them read, its results published."""
    parts, rng = app.parts, random.Random(5)
    documents = [
        json.dumps({"definition": "", "audience": "agents", "answers": given}).encode()
        for given in counting.ideas(60)
    ]
    with parts[Stores]["box"].write() as tx:
        urn = {"urn": campaign.urn}
        boxes = [for_urn(campaign, document) for document in documents]
        tx.execute(insert(ballot), [{"id": rng.randbytes(16), "sealed": b} | urn for b in boxes])
        tx.execute(insert(spent), [{"nullifier": rng.randbytes(32)} | urn for _ in boxes])
    now, campaigns = clock.now, parts[Campaigns]
    campaigns.open("close")
    campaigns.start_closing("close", now)
    clock.advance(days=21)
    campaigns.finish_closing("close")
    clock.now = now
    campaign = campaigns.get("close")
    parts[Figures].publish("close", {"ballots": 60, "invited": 90})
    parts[Analysis].refresh(campaign)
    parts[Corpus].prepare(campaign, parts[Results].ballots(campaign))
    with parts[Corpus].opened(campaign, "idee") as sayings:
        one = sayings.search("agents", limit=1).lines[0].saying.id
    parts[Reviewing].decide(campaign, "idee", {one: Decision(accepted=True)})
    tag = parts[Tagging].add(campaign, "idee", "Télétravail")
    parts[Tagging].code(campaign, "idee", "analyste", {one: frozenset([tag.id])})
    parts[Publications].publish("close", parts[Reporting].report(campaign).to_json())


def _invited(app: Application, campaign: Campaign) -> None:
    """Batches to check, to send, being sent, suspended, cancelled, sent; codes on paper."""
    roll, slug = app.parts[Roll], campaign.slug

    def batch(name: str, *, confirmed: bool = True) -> bytes:
        lines = "".join(f"{slug}{name}{number}@ain.gouv.fr\n" for number in range(12))
        wrong = "" if confirmed else "faux\nA@B\n"
        content = parse(f"courriel\n{lines}{wrong}".encode())
        made: bytes = roll.draft_batch(slug, name, "agents", content)
        if confirmed:
            roll.confirm(made)
        return made

    batch("brouillon", confirmed=False)
    batch("pret")
    roll.pause(batch("suspendu"))
    roll.cancel(batch("annule"), opened=False)
    roll.start_sending(batch("en-cours"))
    sent = batch("parti")
    roll.start_sending(sent)
    for number in range(12):
        going = roll.claim_next(sent)
        match number:
            case 0:
                roll.mark_refused(going.id, "550 adresse inconnue")
            case 1:
                roll.mark_uncertain(going.id, "coupé")
            case _:
                roll.mark_sent(going.id)
    roll.finish_sending(sent)
    roll.print_batch(slug, "Papier", "agents", 5, kind="paper", perimeter="", opened=False)


# --- What is learned from it -------------------------------------------------------------------


@dataclass(frozen=True)
class Learned:
    """Forms and addresses by endpoint, values by blueprint and argument, JSON by name."""

    forms: Mapping[str, Sequence[Form]]
    addresses: Mapping[str, Sequence[str]]
    values: Mapping[str, Sequence[str]]
    told: Mapping[str, str]


@dataclass
class _Learning:
    app: Application
    forms: dict[str, list[Form]] = field(default_factory=lambda: defaultdict(list))
    addresses: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    values: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def page(self, html: str) -> set[str]:
        """Note the forms and the addresses of a page; the addresses, to be opened."""
        for form in read_document(html).forms:
            for action in {form.action, *(button.action for button in form.buttons)} - {""}:
                endpoint = self.address(action, form.method.upper())
                if endpoint and len(self.forms[endpoint]) < 12:
                    self.forms[endpoint].append(form)
        found = set(re.findall(r'(?:href|src)="(/[^"#]*)', html))
        return {one.replace("&amp;", "&") for one in found if self.address(one, "GET")}

    def address(self, url: str, method: str, *, answered: bool = False) -> str:
        """The endpoint behind an address of ours; noted when something is there."""
        parts = urlsplit(url)
        try:
            found = self.app.url_map.bind("localhost").match(parts.path, method)
            endpoint, arguments = str(found[0]), found[1]
        except HTTPException:
            return ""
        if endpoint == "static_file":
            return ""
        if method == "POST" or answered:
            self.addresses[endpoint].add(parts.path)
            for name, value in arguments.items():
                self.values[f"{_part(endpoint)}.{name}"].add(str(value))
        return endpoint


def learn(app: Application, clients: Mapping[str, FlaskClient]) -> Learned:
    """Walk through every page that each role can reach, and answer as an agent does."""
    learning = _Learning(app)
    _hand_in(clients["rh"])
    for role, client in clients.items():
        waiting, seen = ["/bureau", "/q", "/resultats", "/transparence", "/q/essai/agents"], set()
        while waiting and len(seen) < 150:
            page = waiting.pop()
            if page in seen or page.startswith("/bureau") != (role != NOBODY):
                continue  # what is public is the same for everybody
            seen.add(page)
            reply = client.get(page)
            if reply.status_code == 200:
                learning.address(page, "GET", answered=True)
            if reply.status_code == 200 and reply.mimetype == "text/html":
                waiting += sorted(learning.page(reply.text))
            reply.close()
    code = app.parts[Roll].unused_invitation("essai", "agents").code
    given = small.credential()
    visitor = Visitor(app).open("/q/essai/agents/commencer")
    learning.page(visitor.body)
    visitor.fill({"fonction": "agent", **given.fields}).press("suite")
    learning.page(visitor.body)
    visitor.press("suite").press("suite")
    learning.page(visitor.body)
    visitor = Visitor(app).open("/q").fill({"code": code}).press("Commencer")
    learning.page(visitor.body)
    visitor.fill({"fonction": "agent"})
    for _ in range(3):
        visitor.press("suite")
        learning.page(visitor.body)
    told = {
        "code": app.parts[Roll].unused_invitation("essai", "agents").code,
        "blinded": to_wire(bytes(range(256)) * 2),
        "id": to_wire(bytes(32)),
        "box": to_wire(bytes(16 * 1024 + 28)),
        **small.credential().fields,
        "lang": "fr",
    }
    addresses, values = (
        {name: sorted(found) for name, found in sorted(learnt.items())}
        for learnt in (learning.addresses, learning.values)
    )
    return Learned(forms=dict(learning.forms), addresses=addresses, values=values, told=told)


def _hand_in(client: FlaskClient) -> None:
    """A file whose column is still to be chosen: its key is in this browser's session."""
    address = "/bureau/lots/nouveau/essai"
    content = b"Nom;Courriel\r\nA;aa@ain.gouv.fr\r\nB;faux\r\n"
    typed = {
        "csrf_token": token(client, address),
        "name": "Ain",
        "audience": "agents",
        "territory": "D01",
        "fichier": (io.BytesIO(content), "lot.csv"),
    }
    assert client.post(address, data=typed).location.endswith("/colonnes")


def logged_in(app: Application, role: str) -> FlaskClient:
    """A browser of this role, or of nobody."""
    client = app.test_client()
    if role == NOBODY:
        return client
    typed = {"login": role, "password": PASSWORD}
    headers = {"X-CSRFToken": token(client, "/bureau/connexion")}
    reply = client.post("/bureau/connexion", data=typed, headers=headers)
    assert reply.status_code == 303
    return client


def token(client: FlaskClient, url: str) -> str:
    """What a form of this page carries to be accepted; nothing when it has none."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(url).text)
    return found[1] if found else ""


# --- Requests ----------------------------------------------------------------------------------

DEEP = 1_200
HOSTILE: Sequence[bytes] = (
    b"",
    b" ",
    b"\0",
    b"a\0b",
    b"\r",
    b"\n\r\n",
    b"\xff\xfe",
    b"\xed\xa0\x80",  # half of a pair
    "é’\u202e\u2028\u0085".encode(),
    "😀".encode() * 50,
    "１２".encode(),  # digits that are not ASCII
    "٣".encode(),
    "²".encode(),
    b"-1",
    b"0",
    b"1e400",
    b"NaN",
    b"Infinity",
    b"9" * 25,
    b"9" * 5_000,
    b"-" + b"9" * 30,
    b"0001-01-01",
    b"9999-12-31",
    b"2024-02-30",
    b"2024-06-12T09:00+99:99",
    b"31/12/9999",
    b"01/01/0001",
    b"24:00",
    b"23:59:60",
    b"..",
    b"../../etc",
    b"%",
    b"%00",
    b"%s%n",
    b"{{7*7}}",
    b"' OR 1=1 --",
    b"*",
    b'"',
    b"=?utf-8?q?=0ABcc:_x?=",
    b"<script>",
    b"x" * 3_000,
    b"[" * DEEP,
    b'{"a":' * DEEP,
    b"{",
    b"[]",
    b"{}",
    b"null",
    b'{"fonction": NaN}',
    b'{"tt": ' + b"9" * 5_000 + b"}",
    b'{"tt": 1e999, "note": "\\ud800", "missions": [[]], "avis": {"delais": {}}}',
    b'{"mot": "\\ud800", "delais_mieux": "\\u0000"}',
    b'{"mot": ["\\ud800"], "fonction": ["agent"], "tt": ["\\u0000"]}',
    b'{"\\ud800": ["a"], "missions.autre": ["\\udfff"]}',
)
TYPED = ("", "3", "2,5", "12/06/2024", "2024-06-12", "14:00", "a@ain.gouv.fr", "Deux mots\r\nici")
NOT_JSON = (b"[" * DEEP, b'{"code":' * DEEP, b"\xff", b'{"code": NaN}', b"9" * 5_000)
NAMED: Mapping[str, Sequence[str]] = {
    r"day|jour|rappel\d": (
        *("2024-06-12", "12/06/2024", "9999-12-31", "31/12/9999", "0001-01-01", "01/01/0001"),
        *("1582-10-10", "2100-02-28", "2024-W24-3", "20240612", "2024-06-12T"),
    ),
    r"hour|heure": ("8", "14:00", "00:00", "23:59", "09:00+14:00"),
    r"colonne|count|page|groupe": ("1", "0", "9" * 25, "9" * 5_000, "-1", "²", "１"),
    r"contact|adresse|nouvelle": ("a@ain.gouv.fr", "a@ain.gouv.fr\r\nBcc: b@ain.gouv.fr", "é@ain"),
}
"""What is almost right in fields of these names."""
INTEGERS = ("0", "1", "9" * 25, "9" * 5_000, "１", "-1")
PATHS = tuple(one for one in HOSTILE if one and one not in (b"..", b"../../etc"))
TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "application/json; charset=nulle",
    "text/plain",
    "application/x-www-form-urlencoded; charset=utf-7",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="' + "b" * 300 + '"',
    "multipart/form-data; boundary=é",
    "",
    "é/é",
    "application/json" * 50,
)
HEADERS: Mapping[str, Sequence[str]] = {
    "HTTP_RANGE": ("bytes=0-0", "bytes=-1", "bytes=9-1", f"bytes={'9' * 5_000}-", "lignes=1"),
    "HTTP_IF_RANGE": ("*", '"x"', "Mon, 99 Jun 2024 99:99:99 GMT"),
    "HTTP_IF_NONE_MATCH": ("*", '"', 'W/"é', "," * 50),
    "HTTP_IF_MODIFIED_SINCE": ("hier", "Thu, 01 Jan 99999 00:00:00 GMT", "0"),
    "HTTP_ACCEPT": ("application/json", "*/*;q=NaN", "text/html;q=" + "9" * 5_000, ",;,", "é"),
    "HTTP_ACCEPT_ENCODING": ("br;q=inf", "gzip;q=-1", "*;q=0", "é", "br, " * 200),
    "HTTP_ACCEPT_LANGUAGE": ("en-" + "x" * 500, "é;q=a", "*"),
    "HTTP_ORIGIN": ("null", "é", "http://[", "https://" + "a" * 300),
    "HTTP_REFERER": ("http://[::1", "é"),
    "HTTP_HOST": ("", "é", "[", "a:b", "localhost:99999", "xn--" + "a" * 80, "."),
    "HTTP_COOKIE": ("bureau=", "bureau=a.b.c", "bureau=é; =; a", "bureau=" + "." * 2_000),
    "HTTP_CONTENT_ENCODING": ("gzip", "é"),
    "HTTP_X_CSRFTOKEN": ("", "a.b", "é", "." * 500),
    "HTTP_X_REQUESTED_WITH": ("é",),
    "HTTP_X_FORWARDED_FOR": ("é", "1.2.3.4, " * 50),
    "CONTENT_LENGTH": ("", "0", "-1", "abc", "5", "99999999999999999999", "１"),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as a server hands it over."""

    role: str
    method: str
    path: bytes
    query: bytes
    kind: str
    body: bytes
    headers: Mapping[str, str]

    def __str__(self) -> str:
        """What to write in a test, cut where it is only long."""
        told = f"{self.role or 'nobody'}: {self.method} {self.path[:200]!r} ?{self.query[:300]!r}"
        return f"{told} {self.kind[:80]!r} {self.headers} {self.body[:600]!r}"

    def environ(self, address: str) -> dict[str, object]:
        """As WSGI says it."""
        return {
            "PATH_INFO": self.path.decode("latin-1"),
            "QUERY_STRING": self.query.decode("latin-1"),
            "REMOTE_ADDR": address,
            **({"CONTENT_TYPE": _wire(self.kind)} if self.kind else {}),
            **{name: _wire(value) for name, value in self.headers.items()},
        }


def _wire(value: str) -> str:
    return value.encode().decode("latin-1")


class Generator:
    """Draws requests for an application; the same seed draws the same, of the same pages."""

    def __init__(self, app: Application, learned: Learned, rng: random.Random) -> None:
        self._learned, self._rng = learned, rng
        self._routes = sorted(
            (rule.rule, method, rule)
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"OPTIONS"}
            if rule.endpoint not in ENDING
        )
        self._weights = [4 if method == "POST" else 1 for _, method, _ in self._routes]
        self._files = _files()

    def request(self) -> Asked:
        """One more."""
        rng = self._rng
        _, method, rule = rng.choices(self._routes, self._weights)[0]
        role = self._role(rule)
        kind, body = self._body(rule) if method == "POST" else ("", b"")
        return Asked(
            role=role,
            method=rng.choices([method, "PATCH", "OPTIONS"], [97, 1, 2])[0],
            path=self._path(rule),
            query=self._query(rule),
            kind=kind,
            body=body,
            headers=self._headers(),
        )

    def _role(self, rule: Rule) -> str:
        section = {
            "/bureau/lots": "rh",
            "/bureau/resultats": "analyste",
            "/bureau/campagnes": "exploitation",
            "/bureau/demandes": "exploitation",
            "/bureau/journal": "auditeur",
        }
        office = self._rng.choice([NOBODY, *ROLES]) if rule.rule.startswith("/bureau") else NOBODY
        owners = (role for start, role in section.items() if rule.rule.startswith(start))
        owner = next(owners, office)
        return self._rng.choices([owner, self._rng.choice([NOBODY, *ROLES])], [85, 15])[0]

    def _path(self, rule: Rule) -> bytes:
        def argument(found: re.Match[str]) -> str:
            kind, name = found.groups()
            if kind == "int:":
                return self._rng.choice(INTEGERS)
            if name in ("slug", "campaign") and self._rng.random() < 0.15:
                return self._rng.choice(SLUGS)
            known = self._learned.values.get(f"{_part(rule.endpoint)}.{name}")
            if known and self._rng.random() < 0.85:
                return self._rng.choice(known)
            return self._hostile(PATHS).decode("latin-1")

        known = self._learned.addresses.get(rule.endpoint)
        if known and self._rng.random() < 0.7:
            return self._rng.choice(known).encode()
        path = re.sub(r"<(\w+:)?(\w+)>", argument, rule.rule)
        return path.encode("utf-8" if path.isascii() else "latin-1", "replace")

    def _query(self, rule: Rule) -> bytes:
        if self._rng.random() < 0.6:
            return b""
        forms = self._learned.forms.get(rule.endpoint, ())
        names = [one.name for form in forms for one in form.controls]
        names += ["page", "mots", "tirage", "taille", "sorte", "par", "groupe", "double", "lang"]
        names += ["feuille", "z"]
        fields = [
            (self._rng.choice(names), self._value(rule.endpoint))
            for _ in range(self._rng.randint(1, 3))
        ]
        return self._urlencoded(fields)

    def _value(self, endpoint: str) -> bytes:
        if self._rng.random() < 0.5:
            return self._hostile(HOSTILE)
        known = [value for values in self._learned.values.values() for value in values]
        return self._rng.choice(known).encode()

    def _body(self, rule: Rule) -> tuple[str, bytes]:
        if self._rng.random() < 0.05:
            return self._rng.choice(TYPES), self._hostile(HOSTILE)
        endpoint = rule.endpoint
        if endpoint in SCRIPTED or self._rng.random() < 0.05:
            return self._json()
        if endpoint not in self._learned.forms:
            alike = [one for one in self._learned.forms if _part(one) == _part(endpoint)]
            endpoint = self._rng.choice(alike or sorted(self._learned.forms))
        fields = self._spoilt(self._filled(endpoint))
        if self._rng.random() < 0.75 and not self._takes_file(rule):
            return "application/x-www-form-urlencoded", self._urlencoded(fields)
        return self._multipart(fields, with_file=self._takes_file(rule))

    def _takes_file(self, rule: Rule) -> bool:
        return rule.endpoint in ("hr.hand_in", "hr.send_corrected", "tables.set_weighting")

    def _filled(self, endpoint: str) -> Fields:
        """A form of this page as somebody might fill it."""
        rng, form = self._rng, self._rng.choice(self._learned.forms[endpoint])
        fields: Fields = []
        for one in form.controls:
            chosen = one.on if one.free or rng.random() < 0.5 else rng.random() < 0.5
            if chosen and one.name != "csrf_token":  # a header carries it
                typed = one.value or (self._typed(one) if one.free else "")
                fields.append((one.name, typed.encode()))
        if form.buttons:
            button = rng.choice(form.buttons)
            fields += [(button.name, button.value.encode())] if button.name else []
        return fields

    def _typed(self, control: Control) -> str:
        """What somebody may write where nothing is."""
        known = self._learned.told.get(control.name)
        if known and self._rng.random() < 0.9:
            return known
        return self._rng.choice(TYPED)

    def _spoilt(self, fields: Fields) -> Fields:
        rng = self._rng
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            if not fields:
                break
            place = rng.randrange(len(fields))
            name, _ = fields[place]
            match rng.randrange(6):
                case 0:
                    fields.pop(place)
                case 1:
                    fields.append((rng.choice([name, *HIDDEN]), self._hostile(HOSTILE)))
                case 2 if rng.random() < 0.1:
                    fields += [(name, b"1")] * 1_100
                case 3:
                    fields[place] = self._hostile(HOSTILE).decode("latin-1"), b"1"
                case _:
                    fields[place] = name, self._hostile(HOSTILE)
        return [(name, self._almost_right(name, value)) for name, value in fields]

    def _almost_right(self, name: str, value: bytes) -> bytes:
        for names, values in NAMED.items():
            if re.fullmatch(names, name) and self._rng.random() < 0.5:
                return self._rng.choice(values).encode()
        return value

    def _urlencoded(self, fields: Fields) -> bytes:
        joined = "&".join(
            f"{quote_from_bytes(name.encode('latin-1', 'replace'))}={quote_from_bytes(value)}"
            for name, value in fields
        ).encode()
        return joined + self._rng.choice([b""] * 20 + [b"&%zz=%", b"&=&&", b";", b"\0", b"&a=\xff"])

    def _multipart(self, fields: Fields, *, with_file: bool) -> tuple[str, bytes]:
        rng, edge = self._rng, b"----frontiere"
        parts = [
            b'Content-Disposition: form-data; name="%s"\r\n\r\n%s'
            % (name.encode("latin-1", "replace").replace(b'"', b"%22"), value)
            for name, value in fields
        ]
        if with_file:
            name, content = rng.choice(self._files)
            head = b'Content-Disposition: form-data; name="fichier"; filename="%s"\r\n' % name
            parts.append(head + b"Content-Type: application/octet-stream\r\n\r\n" + content)
        body = b"".join(b"--%s\r\n%s\r\n" % (edge, part) for part in parts) + b"--%s--\r\n" % edge
        if rng.random() < 0.05:
            body = body[: rng.randrange(len(body))]
        return f"multipart/form-data; boundary={edge.decode()}", body

    def _json(self) -> tuple[str, bytes]:
        rng, told = self._rng, dict[str, object](self._learned.told)
        if rng.random() < 0.25:
            raw = rng.choice(
                [b"[" * DEEP, b'{"code":' * DEEP, b"\xff", b'{"code": NaN}', b"9" * 5_000]
            )
            return "application/json", raw
        for name in rng.sample(JSON_NAMES, rng.randint(0, 3)):
            odd: Sequence[object] = (None, 1, 10**30, 1.5, [], {}, [[]], True, "\ud800", "\0", "é")
            typed = self._hostile(HOSTILE).decode("utf-8", "replace")
            told[name] = rng.choice([*odd, typed, typed, typed])
        return "application/json", json.dumps(told).encode()

    def _headers(self) -> Mapping[str, str]:
        if self._rng.random() < 0.7:
            return {}
        name = self._rng.choice(sorted(HEADERS))
        return {name: self._rng.choice(HEADERS[name])}

    def _hostile(self, among: Sequence[bytes]) -> bytes:
        return self._rng.choice(among)


def _part(endpoint: str) -> str:
    return endpoint.partition(".")[0]


def _files() -> list[tuple[bytes, bytes]]:
    """Files of HR and of analysts, good and odd."""
    book = _zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
    deep = b"<a>" * 3_000
    good = b"Courriel;Nom\r\na@ain.gouv.fr;\xc9lodie\r\nb@ain.gouv.fr;Zo\xe9\r\n"
    known = b"question;code;effectif\r\ncategorie;a;100\r\ncategorie;b;90\r\ncategorie;c;10\r\n"
    return [
        (b"lot.csv", good),
        (b"lot.csv", b"Courriel\r\n" + b"a\0b@ain.gouv.fr\r\n"),
        (b"lot.csv", b"\xff\xfe" + "Courriel\nç@ain.gouv.fr\n".encode("utf-16-le") + b"\x00"),
        (b"lot.csv", b'"a;b\r\n' * 200),
        (b"lot.csv", b";" * 5_000),
        (b"lot.csv", b"a" * 200_000),
        (b"lot.csv", b""),
        (b"lot\0.csv", good),
        (b"\xff.xlsx", good),
        (b"population.csv", known),
        (b"population.csv", known.replace(b"100", b"9" * 5_000)),
        (b"population.csv", known.replace(b"100", b"nan").replace(b"90", b"1e308")),
        (b"population.csv", known.replace(b"categorie;a", b"categorie;\0")),
        (b"lot.xlsx", book),
        (b"lot.xlsx", book[: len(book) // 2]),
        (b"lot.xlsx", b"PK\x03\x04" + bytes(100)),
        (b"lot.xlsx", _zip({"xl/workbook.xml": deep, "xl/_rels/workbook.xml.rels": deep})),
        (b"lot.xlsx", _zip({"xl/workbook.xml": b"<workbook><sheets><sheet name='\xff'/>"})),
        (b"lot.ods", _zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"})),
        (b"lot.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    ]


def _zip(entries: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return made.getvalue()


# --- Sending -----------------------------------------------------------------------------------


class Sender:
    """Sends requests as each role, whose session is begun again when it is lost."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self.clients = {role: logged_in(app, role) for role in (NOBODY, *ROLES)}
        self.learned = learn(app, self.clients)
        self._sessions = {role: _Session.of(one) for role, one in self.clients.items()}
        self._sent = 0

    def status(self, asked: Asked) -> tuple[int, bytes]:
        """What is answered, and its body."""
        self._sent += 1  # each from an address of its own: failures are counted by address
        session = self._sessions[asked.role]
        environ = create_environ(method=asked.method, data=asked.body) | {
            "HTTP_COOKIE": session.cookie,
            "HTTP_X_CSRFTOKEN": session.token,
            **asked.environ(f"10.{self._sent >> 16}.{self._sent >> 8 & 255}.{self._sent & 255}"),
        }
        # Not by a client of ours, which reads the headers too: as a server does.
        chunks, status, headers = run_wsgi_app(self._app, environ)
        content = b"".join(chunks)
        if {"HTTP_COOKIE", "HTTP_X_CSRFTOKEN"} & set(asked.headers):
            return int(status.partition(" ")[0]), content
        if headers.get("Location") == "/bureau/connexion" or EXPIRED in content:
            self._sessions[asked.role] = _Session.of(logged_in(self._app, asked.role))
        elif found := re.match(r"bureau=[^;]+", headers.get("Set-Cookie", "")):
            self._sessions[asked.role] = replace(session, cookie=found[0])
        return int(status.partition(" ")[0]), content


@dataclass(frozen=True)
class _Session:
    """What a browser sends back, and what its forms carry."""

    cookie: str
    token: str

    @classmethod
    def of(cls, client: FlaskClient) -> _Session:
        found = token(client, "/bureau") or token(client, "/bureau/connexion")
        cookie = client.get_cookie("bureau") if found else None
        return cls(f"bureau={cookie.value}" if cookie else "", found)


EXPIRED = "Votre session a expiré".encode()


def broken(asked: Asked, status: int, content: bytes) -> bool:
    """Whether it is a failure: that a consultation is suspended is a refusal, and a 503."""
    paused = b"La consultation est suspendue" in content or asked.method == "HEAD"
    return status >= 500 and not (status == 503 and paused)
