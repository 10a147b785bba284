"""The roll, the urn and the office as three servers that share nothing, seen from a real browser.

On PostgreSQL each server has a role of its own: those of `migrations/README.md`, created by the
very lines that are shown there.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from browsing import POLL, enter, heading
from cluster import BIN, Cluster
from commands import PASSWORD, Shell, open_to
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from running import end
from sqlalchemy import MetaData, make_url
from visitor import Visitor

from consultation.ballots.tables import metadata as box_tables
from consultation.cli.running import gunicorn
from consultation.config import shipped
from consultation.demo.server import Server
from consultation.office.tables import metadata as office_tables
from consultation.roll.store import Roll
from consultation.roll.tables import metadata as roll_tables

MANUAL = (shipped("migrations") / "README.md").read_text("utf-8")
BEFORE_MIGRATING, AFTER_MIGRATING = re.findall(r"```sql\n(.*?)```", MANUAL, re.DOTALL)
SIDES = ("roll", "urn", "office")
STORES = {"roll": ("roll", "office"), "urn": ("box", "office"), "office": ("box", "office")}
ROLES = {"roll": "guichet", "urn": "urne", "office": "bureau"}
KEYS = {side: secrets.token_urlsafe(48) for side in ("roll", "office")}
SLUG, AUDIENCE = "essai", "agents"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{connect}; "
    "img-src 'self'; font-src 'self'; form-action 'self'{form}; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
ASK = """([url, method, headers, credentials]) => fetch(url, {
  method, headers, credentials, body: method === "GET" ? undefined : "{}",
}).then((answer) => String(answer.status), () => "refused")"""

pytestmark = pytest.mark.timeout(300)
ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.long)
only_on_postgresql = pytest.mark.parametrize("platform", [ON_POSTGRESQL], indirect=True)
whatever_the_store = pytest.mark.parametrize("platform", ["sqlite"], indirect=True)


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Three servers, what each was given, and the operator's own machine."""

    servers: Mapping[str, Server]
    origins: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]
    operator: Shell
    directory: Path
    cluster: Cluster | None = None

    def code(self, slug: str = SLUG) -> str:
        """That of someone who has not answered."""
        roll = self.operator.app().parts[Roll]
        found = roll.unused_invitation(slug, AUDIENCE)
        assert found
        return found.code

    def prepare(self, slug: str) -> None:
        """Create, invite and open, as the operator."""
        place = self.directory / slug
        place.mkdir()
        open_to(self.operator, place, 30, slug=slug)

    def on(self, host: str, *words: str, code: int = 0) -> str:
        """A command typed on one of the hosts."""
        there = Shell({**dict.fromkeys(self.operator.environment, ""), **self.environments[host]})
        try:
            return there(*words, code=code)
        finally:
            there.close()


@dataclass
class Tab:
    """A tab, with what it asked of whom and what it complained of."""

    page: Page
    asked: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.asked.append(request))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type == "error" else None,
        )

    def go_on(self) -> None:
        self.page.click("button[value=suite]:visible")

    def heading(self, words: str) -> None:
        heading(self.page, words)

    def answer_first_page(self) -> None:
        self.heading("Votre situation")
        self.page.check("label[for=fonction-2]")
        self.go_on()

    def send(self) -> None:
        """From the second page to the thanks."""
        self.heading("Vos missions")
        self.go_on()
        self.heading("Organisation du travail")
        self.go_on()
        self.heading("Relire avant d’envoyer")
        self.page.click("text=Envoyer mes réponses >> visible=true")
        self.heading("Vos réponses sont envoyées")

    def asked_of(self, origin: str) -> list[Request]:
        return [one for one in self.asked if one.url.startswith(f"{origin}/")]


# --- Three servers


@pytest.fixture(scope="module", params=["sqlite", ON_POSTGRESQL])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """Open to thirty agents, on files or on a PostgreSQL of our own."""
    if request.param == "postgresql" and not (BIN / "initdb").exists():
        pytest.skip(f"{BIN} has no PostgreSQL server")
    directory = tmp_path_factory.mktemp("trois")
    with ExitStack() as cleaning:
        on_postgresql = request.param == "postgresql"
        cluster = cleaning.enter_context(Cluster()) if on_postgresql else None
        serving = partial(gunicorn, workers=1)
        servers = {side: cleaning.enter_context(Server(0, serving)) for side in SIDES}
        platform = _platform(directory, servers, cluster)
        cleaning.callback(platform.operator.close)
        if cluster:
            _psql(cluster, "postgres", BEFORE_MIGRATING)
        platform.operator("database", "migrate")
        if cluster:
            _psql(cluster, "exploitation", AFTER_MIGRATING)
        for role in ("rh", "analyste"):
            typed = f"{PASSWORD}\n" * 2
            platform.operator("account", "create", role, "--role", role, typed=typed)
        platform.prepare(SLUG)
        for side, server in servers.items():
            server.start(platform.environments[side], directory / f"{side}.log")
        yield platform


def _platform(directory: Path, servers: Mapping[str, Server], cluster: Cluster | None) -> Platform:
    origins = {
        "urn": f"http://127.0.0.1:{servers['urn'].port}",
        "roll": f"http://localhost:{servers['roll'].port}",  # another site, for a browser
        "office": f"http://127.0.0.1:{servers['office'].port}",
    }
    known = {
        "CONSULTATION_DEMO": "1",  # http
        "CONSULTATION_DATA": "",
        "PUBLIC_URL": origins["urn"],
        "ROLL_ORIGIN": origins["roll"],
        "MAIL_FROM": "consultation@exemple.gouv.fr",
        "LOG_LEVEL": "ERROR",
    }
    keys = {side: {f"{side.upper()}_SECRET_KEY": key} for side, key in KEYS.items()}

    def given(sides: str, role: str, stores: tuple[str, ...], keys: str) -> dict[str, str]:
        urls = {
            f"{store.upper()}_DATABASE_URL": _url(directory, cluster, store, role)
            for store in stores
        }
        keys_directory = {"KEYS_DIRECTORY": str(directory / "keys" / keys)}
        return {**known, **urls, **keys_directory, "CONSULTATION_SIDES": sides}

    environments = {
        "roll": given("roll", "guichet", STORES["roll"], "roll") | keys["roll"],
        "urn": given("urn", "urne", STORES["urn"], "none"),
        "worker": given("urn", "depouillement", STORES["urn"], "urn"),
        "office": given("office", "bureau", STORES["office"], "office") | keys["office"],
    }
    everything = given("", "exploitation", ("roll", "box", "office"), "operator")
    everything |= keys["roll"] | keys["office"]
    _mount(directory / "keys", {"roll": "roll", "urn": "box", "office": "results"})
    return Platform(
        servers=servers,
        origins=origins,
        environments=environments,
        operator=Shell(everything),
        directory=directory,
        cluster=cluster,
    )


def _url(directory: Path, cluster: Cluster | None, store: str, role: str) -> str:
    if cluster:
        there = make_url(cluster.url).set(username=role, database=store)
        return there.render_as_string(hide_password=False)
    (directory / store).mkdir(exist_ok=True)
    return f"sqlite:///{directory / store / store}.sqlite"


def _mount(keys: Path, folders: Mapping[str, str]) -> None:
    """Each host has its own keys; the operator's machine sees them all."""
    (keys / "operator").mkdir(parents=True, mode=0o700)
    for host, folder in folders.items():
        (keys / host / folder).mkdir(parents=True, mode=0o700)
        (keys / "operator" / folder).symlink_to(keys / host / folder)


def _psql(cluster: Cluster, role: str, text: str) -> None:
    there = make_url(cluster.url).query["host"]
    command = [BIN / "psql", "-h", str(there), "-U", role, "-d", "postgres"]
    done = subprocess.run(
        [*command, "-q", "-v", "ON_ERROR_STOP=1"], input=text, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr


# --- A browser


@contextmanager
def tab(browser: Browser, *, script: bool = True) -> Iterator[Tab]:
    context: BrowserContext = browser.new_context(java_script_enabled=script)
    try:
        yield Tab(context.new_page())
    finally:
        context.close()


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[str]:
    """The origin of a site that is none of ours."""
    (tmp_path / "index.html").write_text("<!doctype html><title>Ailleurs</title>")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def ask(
    origin: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str]]:
    """An answer without a browser: its status and its headers."""
    there = urlsplit(origin)
    connection = HTTPConnection("127.0.0.1", there.port or 80, timeout=60)
    try:
        connection.request(method, path, headers={"Host": there.netloc, **(headers or {})})
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


# --- Agents


def test_an_agent_answers_across_two_origins(platform: Platform, browser: Browser) -> None:
    urn, roll = platform.origins["urn"], platform.origins["roll"]
    with tab(browser) as agent:
        agent.page.goto(f"{urn}/q/{SLUG}/{AUDIENCE}#{platform.code()}")
        enter(agent.page)
        agent.answer_first_page()
        agent.send()
        agent.page.wait_for_function("sessionStorage.length === 0")

        assert agent.complaints == []
        assert agent.page.context.cookies() == []
        desk = agent.asked_of(roll)
        assert len(agent.asked_of(urn)) + len(desk) == len(agent.asked)
        posts = [one for one in desk if one.method == "POST"]
        headers = [one.all_headers() for one in posts]
    assert [urlsplit(one.url).path for one in posts] == [
        "/guichet/ou",
        f"/guichet/{SLUG}/{AUDIENCE}/etat",
        f"/guichet/{SLUG}/{AUDIENCE}/signature",
    ]
    assert {one["origin"] for one in headers} == {urn}
    assert not {"cookie", "referer"} & {name for one in headers for name in one}
    assert {name for one in posts for name in one.post_data_json} == {"code", "blinded"}


@pytest.mark.long
def test_an_agent_without_script_answers_stops_and_comes_back(
    platform: Platform, browser: Browser
) -> None:
    urn, roll, code = platform.origins["urn"], platform.origins["roll"], platform.code()
    with tab(browser, script=False) as agent:
        type_code(agent, urn, code)
        assert agent.page.url == f"{roll}/entree"
        agent.answer_first_page()
        agent.heading("Vos missions")
        assert agent.page.url.startswith(f"{roll}/entree/")
        agent.page.check("label[for=missions-3]")
        agent.page.click("button[value=plus-tard]")
        agent.heading("Vos réponses sont gardées")
        assert agent.page.url.startswith(f"{urn}/q/")
        assert agent.complaints == []

    with tab(browser, script=False) as elsewhere:
        type_code(elsewhere, urn, code)
        elsewhere.heading("Reprendre vos réponses")
        assert elsewhere.page.url == f"{roll}/entree"
        elsewhere.page.click("text=Continuer >> visible=true")
        elsewhere.heading("Vos missions")
        assert elsewhere.page.url.startswith(f"{urn}/q/")
        expect(elsewhere.page.locator("#missions-3")).to_be_checked()
        elsewhere.send()
        assert elsewhere.complaints == []

        type_code(elsewhere, urn, code)
        elsewhere.page.click("text=Continuer >> visible=true")
        elsewhere.heading("Ce lien a déjà servi")


@pytest.mark.long
@whatever_the_store
def test_a_first_page_sent_twice_loses_nothing(platform: Platform, browser: Browser) -> None:
    with tab(browser, script=False) as agent:
        type_code(agent, platform.origins["urn"], platform.code())
        agent.answer_first_page()
        agent.heading("Vos missions")
        agent.page.reload()
        agent.heading("Reprendre vos réponses")
        agent.page.click("text=Continuer >> visible=true")
        agent.heading("Vos missions")
        agent.page.click("button[value=retour]")

        agent.heading("Votre situation")
        expect(agent.page.locator("#fonction-2")).to_be_checked()
        agent.go_on()
        agent.send()
        assert agent.complaints == []


@whatever_the_store
def test_what_is_refused_is_typed_again(platform: Platform, browser: Browser) -> None:
    urn = platform.origins["urn"]
    with tab(browser, script=False) as agent:
        type_code(agent, urn, "0" * 26)
        expect(agent.page.locator("main")).to_contain_text("Ce code n’est pas reconnu")
        agent.page.fill("#code", platform.code())
        agent.page.press("#code", "Enter")

        agent.heading("Votre situation")


def type_code(agent: Tab, urn: str, code: str) -> None:
    agent.page.goto(f"{urn}/q")
    agent.page.fill("#code", code)
    agent.page.press("#code", "Enter")


# --- What a browser lets through


@whatever_the_store
def test_a_policy_names_the_other_origin_and_nothing_else(platform: Platform) -> None:
    urn, roll, office = (platform.origins[side] for side in ("urn", "roll", "office"))

    said = {
        origin: ask(origin, path)[1]["content-security-policy"]
        for origin, path in ((urn, "/q"), (roll, "/aide"), (office, "/bureau/connexion"))
    }

    assert said == {
        urn: POLICY.format(connect=f" {roll}", form=f" {roll}"),
        roll: POLICY.format(connect="", form=f" {urn}"),
        office: POLICY.format(connect="", form=""),
    }


@whatever_the_store
def test_the_desk_answers_the_urn_s_origin_and_no_other(platform: Platform) -> None:
    urn, roll = platform.origins["urn"], platform.origins["roll"]

    status, allowed = ask(
        roll,
        f"/guichet/{SLUG}/{AUDIENCE}/signature",
        "OPTIONS",
        {"Origin": urn, "Access-Control-Request-Method": "POST"},
    )

    assert status == 200
    assert {name: value for name, value in allowed.items() if name.startswith("access-")} == {
        "access-control-allow-origin": urn,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "7200",
    }
    others = ("null", roll, f"{urn}0", urn.replace("http", "https"), "http://exemple.fr", urn + "/")
    for origin in others:
        for method in ("OPTIONS", "POST", "GET"):
            _, headers = ask(roll, "/guichet/ou", method, {"Origin": origin})
            assert not any(name.startswith("access-") for name in headers), (origin, method)
    for path, method in (
        (f"/guichet/{SLUG}/{AUDIENCE}/cle", "GET"),
        ("/entree", "POST"),
        ("/bureau/connexion", "GET"),
        ("/aide", "OPTIONS"),
    ):
        _, headers = ask(roll, path, method, {"Origin": urn})
        assert not any(name.startswith("access-") for name in headers), path


@whatever_the_store
def test_a_browser_lets_the_urn_ask_and_refuses_a_foreign_site(
    platform: Platform, browser: Browser, foreign: str
) -> None:
    urn, roll = platform.origins["urn"], platform.origins["roll"]
    typed = {"Content-Type": "application/json"}
    desk = f"{roll}/guichet/ou"
    with tab(browser) as page:

        def answer(*question: object) -> object:
            return page.page.evaluate(ASK, list(question))

        page.page.goto(f"{urn}/q")
        assert answer(desk, "POST", typed, "omit") == "400"  # read by the script: it may ask
        assert answer(desk, "POST", typed, "include") == "refused"
        assert answer(desk, "POST", typed | {"X-Autre": "1"}, "omit") == "refused"
        assert answer(desk, "PUT", typed, "omit") == "refused"
        assert answer(f"{roll}/entree", "POST", typed, "omit") == "refused"
        assert answer(f"{roll}/bureau/connexion", "GET", {}, "omit") == "refused"
        assert answer(f"{foreign}/", "GET", {}, "omit") == "refused"  # by the policy
        page.page.goto(foreign)
        assert answer(f"{foreign}/", "GET", {}, "omit") == "200"
        assert answer(desk, "POST", typed, "omit") == "refused"
        assert answer(desk, "POST", {"Content-Type": "text/plain"}, "omit") == "refused"


# --- What each server holds


@whatever_the_store
@pytest.mark.parametrize("side", SIDES)
def test_a_server_serves_its_side_and_no_other(platform: Platform, side: str) -> None:
    pages = {
        "roll": {"/entree": 302, "/guichet/x/y/cle": 404, "/bureau/lots": 303},
        "urn": {"/q": 200, f"/q/{SLUG}/{AUDIENCE}": 200},
        "office": {"/bureau/resultats": 303, "/bureau/campagnes": 303, "/bureau/journal": 303},
    }

    for owner, served in pages.items():
        for path, status in served.items():
            expected = status if owner == side else 404
            assert ask(platform.origins[side], path)[0] == expected, path


@pytest.mark.parametrize("side", SIDES)
def test_a_server_is_given_nothing_that_opens_another_s_store(
    platform: Platform, side: str
) -> None:
    processes = _processes(platform.environments[side])
    foreign_stores = {"roll", "box", "office"} - set(STORES[side])

    assert len(processes) >= 2  # the server and its worker
    for process in processes:
        given = (process / "environ").read_bytes().split(b"\0")
        assert not [one for one in given if _opens(one, foreign_stores)]
        opened = [one.readlink() for one in (process / "fd").iterdir() if one.is_symlink()]
        assert not [one for one in opened if one.name.split(".")[0] in foreign_stores]


def _processes(environment: Mapping[str, str]) -> list[Path]:
    """Ours, with this very environment."""
    wanted = {f"{name}={value}".encode() for name, value in environment.items()}
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            given = set((process / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        if wanted <= given:
            found.append(process)
    return found


def _opens(variable: bytes, stores: set[str]) -> bool:
    name, _, value = variable.decode(errors="replace").partition("=")
    store = name.removesuffix("_DATABASE_URL").lower()
    return bool(value) and name.endswith("_DATABASE_URL") and store in stores


@whatever_the_store
def test_a_session_of_one_server_opens_nothing_on_the_other(platform: Platform) -> None:
    begun = {side: _session(platform, side, role) for side, role in WHO_ENTERS.items()}

    for side, cookie in begun.items():
        for there, origin in platform.origins.items():
            if there in WHO_ENTERS:
                status, _ = ask(origin, "/bureau", "GET", {"Cookie": cookie})
                assert status == (200 if there == side else 303), (side, there)


@whatever_the_store
def test_people_log_in_where_they_work_and_nowhere_else(platform: Platform) -> None:
    assert _session(platform, "roll", "analyste") == ""
    assert _session(platform, "office", "rh") == ""


WHO_ENTERS = {"roll": "rh", "office": "analyste"}


def _session(platform: Platform, side: str, role: str) -> str:
    """The cookie of a session begun on this server; none when it is refused."""
    connection = HTTPConnection(urlsplit(platform.origins[side]).netloc, timeout=20)
    connection.request("GET", "/bureau/connexion")
    page = connection.getresponse()
    cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode())
    assert token
    fields = {"login": role, "password": PASSWORD, "csrf_token": token[1]}
    told = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/bureau/connexion", urlencode(fields), told)
    reply = connection.getresponse()
    reply.read()
    connection.close()
    begun = str(reply.headers["Set-Cookie"]).partition(";")[0]
    return begun if reply.status == 303 else ""


@pytest.mark.parametrize("host", ["roll", "worker", "office"])
def test_the_doctor_can_see_to_every_host(platform: Platform, host: str) -> None:
    said = json.loads(platform.on(host, "doctor", "--format", "json", code=2))

    remarks = {one["name"]: one["remarks"] for one in said["checks"]}
    assert not [one for found in remarks.values() for one in found if "Invérif" in one["sentence"]]
    for rule in (
        "sides_apart",
        "accounts_apart",
        "separate_stores",
        "role_privileges",
        "campaign_keys",
        "airlocks",
    ):
        assert remarks[rule] == [], rule


# --- A whole consultation


@pytest.mark.long
def test_each_host_does_its_part_to_the_end(
    platform: Platform, browser: Browser, tmp_path: Path
) -> None:
    slug = "complete"
    platform.prepare(slug)
    with tab(browser) as agent:
        agent.page.goto(f"{platform.origins['urn']}/q/{slug}/{AUDIENCE}#{platform.code(slug)}")
        enter(agent.page)
        agent.answer_first_page()
        agent.send()
    _let_answer(platform, slug, 10)  # fewer than eleven answers are never exported

    assert "utilisés" in platform.on("worker", "ballots", "status", slug)
    for host in ("roll", "worker"):
        assert "consultations mises à jour" in platform.on(host, "worker", "--once")
    account = _close(platform, slug)
    assert (account["issued"], account["spent"], account["ballots"]) == (11, 11, 11)

    with tab(browser) as office:
        log_in(office, platform.origins["office"], "analyste")
        office.page.click("text=Résultats")
        office.page.goto(f"{platform.origins['office']}/bureau/resultats/{slug}")
        office.page.fill("#purpose", "un essai")
        office.page.click("main form button")
        with office.page.expect_download() as download:
            office.page.click("text=Télécharger (zip")
        assert Path(download.value.path()).stat().st_size > 0
        assert office.complaints == []
    with tab(browser) as office:
        log_in(office, platform.origins["roll"], "rh")
        office.page.click("text=Lots d’invitations")
        office.heading("Lots d’invitations")
        assert office.complaints == []
    published = ask(platform.origins["urn"], f"/transparence/{slug}/urne.txt")
    assert published[0] == 200


def log_in(office: Tab, origin: str, role: str) -> None:
    office.page.goto(f"{origin}/bureau/connexion")
    office.page.fill("#login", role)
    office.page.fill("#password", PASSWORD)
    office.page.press("#password", "Enter")
    office.heading("Bureau")


def _let_answer(platform: Platform, slug: str, people: int) -> None:
    """Others answer, on the operator's machine for want of time."""
    app = platform.operator.app()
    for _ in range(people):
        visitor = Visitor(app).open("/q").fill({"code": platform.code(slug)}).press("Commencer")
        visitor.fill({"fonction": "agent"}).press("suite").press("suite").press("suite")
        visitor.press("Envoyer mes réponses")


def _close(platform: Platform, slug: str) -> dict[str, object]:
    return vars(end(platform.operator.app(), slug))


# --- What PostgreSQL lets each role do


def _connect(cluster: Cluster, role: str, base: str) -> psycopg.Connection[tuple[object, ...]]:
    there = str(make_url(cluster.url).query["host"])
    return psycopg.connect(host=there, user=role, dbname=base, autocommit=True)


@pytest.fixture
def cluster(platform: Platform) -> Cluster:
    assert platform.cluster
    return platform.cluster


STRANGERS = [("urne", "roll"), ("depouillement", "roll"), ("bureau", "roll"), ("guichet", "box")]


@only_on_postgresql
@pytest.mark.parametrize(("role", "base"), STRANGERS)
def test_a_role_cannot_open_the_other_side_s_base(cluster: Cluster, role: str, base: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        _connect(cluster, role, base)


@only_on_postgresql
@pytest.mark.parametrize(("role", "base"), STRANGERS)
def test_a_role_let_in_by_mistake_still_reads_nothing(
    cluster: Cluster, role: str, base: str
) -> None:
    tables = {"roll": roll_tables, "box": box_tables}[base].tables
    with _connect(cluster, "postgres", "postgres") as administrator:
        administrator.execute(f"GRANT CONNECT ON DATABASE {base} TO {role}")
        try:
            with _connect(cluster, role, base) as stranger:
                for table in tables:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        stranger.execute(f"SELECT 1 FROM {table}")
        finally:
            administrator.execute(f"REVOKE CONNECT ON DATABASE {base} FROM {role}")


@only_on_postgresql
@pytest.mark.parametrize(
    ("role", "base", "statement"),
    [
        ("urne", "box", "SELECT sealed FROM inbox"),
        ("urne", "box", "DELETE FROM inbox"),
        ("urne", "box", "DELETE FROM spent"),
        ("urne", "box", "INSERT INTO ballot SELECT * FROM draft"),
        ("urne", "box", "UPDATE airlock SET public = urn"),
        ("urne", "office", "SELECT 1 FROM account"),
        ("urne", "office", "SELECT 1 FROM journal"),
        ("urne", "office", "UPDATE campaign SET state = 'open'"),
        ("depouillement", "box", "DELETE FROM ballot"),
        ("depouillement", "box", "DELETE FROM spent"),
        ("depouillement", "box", "SELECT sealed FROM draft"),
        ("depouillement", "office", "SELECT 1 FROM account"),
        ("guichet", "roll", "DELETE FROM invitation"),
        ("guichet", "office", "UPDATE journal SET who = 'personne'"),
        ("guichet", "office", "DELETE FROM journal"),
        ("guichet", "office", "UPDATE account SET password = ''"),
        ("guichet", "office", "UPDATE campaign SET state = 'open'"),
        ("guichet", "office", "UPDATE campaign_key SET public_key = ''"),
        ("bureau", "box", "SELECT sealed FROM inbox"),
        ("bureau", "box", "SELECT nullifier FROM spent"),
        ("bureau", "box", "SELECT 1 FROM draft"),
        ("bureau", "box", "DELETE FROM ballot"),
        ("bureau", "office", "UPDATE journal SET who = 'personne'"),
        ("bureau", "office", "UPDATE figure SET value = '0'"),
        ("bureau", "office", "UPDATE campaign SET state = 'open'"),
        ("guichet", "office", "INSERT INTO account SELECT * FROM account"),
        ("guichet", "office", "UPDATE account SET role = 'analyste'"),
    ],
)
def test_a_role_does_no_more_than_its_part(
    cluster: Cluster, role: str, base: str, statement: str
) -> None:
    with (
        _connect(cluster, role, base) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


@only_on_postgresql
def test_the_roll_s_server_reads_and_changes_the_accounts_of_hr_only(cluster: Cluster) -> None:
    with _connect(cluster, "guichet", "office") as guichet:
        seen = guichet.execute("SELECT DISTINCT role FROM account").fetchall()
        changed = guichet.execute("UPDATE account SET failures = 0 WHERE role <> 'rh'").rowcount
    with _connect(cluster, "bureau", "office") as bureau:
        everybody = bureau.execute("SELECT DISTINCT role FROM account").fetchall()

    assert (seen, changed) == ([("rh",)], 0)
    assert len(everybody) >= 2


@only_on_postgresql
def test_each_server_opens_its_bases_under_its_own_role(
    platform: Platform, cluster: Cluster
) -> None:
    for side, path in (("roll", "/bureau/connexion"), ("urn", f"/q/{SLUG}/{AUDIENCE}")):
        ask(platform.origins[side], path)
    with _connect(cluster, "postgres", "postgres") as administrator:
        rows = administrator.execute(
            "SELECT DISTINCT usename, datname FROM pg_stat_activity WHERE datname IS NOT NULL"
        ).fetchall()

    allowed = {(ROLES[side], store) for side, stores in STORES.items() for store in stores}
    operator = {("exploitation", store) for store in ("roll", "box", "office")}
    assert set(rows) - operator - {("postgres", "postgres")} <= allowed
    assert ("urne", "office") in set(rows)


@pytest.mark.parametrize("tables", [roll_tables, box_tables, office_tables])
def test_the_manual_grants_something_on_every_table(tables: MetaData) -> None:
    granted = set(re.findall(r"\w+", AFTER_MIGRATING))

    assert set(tables.tables) <= granted
