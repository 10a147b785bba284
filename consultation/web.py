"""The public face: security headers, limiter, error pages, static files, pages the law asks for."""

from __future__ import annotations

import errno
import gzip
import hashlib
import hmac
import json
import logging
import mimetypes
import re
import secrets
import traceback
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

import brotli
from flask import Blueprint, Flask, Response, current_app, g, render_template, request
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFError
from jinja2 import Environment, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import (
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
    TooManyRequests,
)

from consultation.config import Settings
from consultation.days import Clock
from consultation.formatting import (
    FILTERS,
    day_fr,
    number_fr,
    one_line,
    paragraphs,
    percent_fr,
    plain,
    rich,
    weekday_fr,
)
from consultation.incoming import init_incoming
from consultation.legal import Legal
from consultation.parts import Application, part
from consultation.refusals import Refusal
from consultation.sealing import derive
from consultation.words import FRENCH, TABLES, own_language, said_by, words

log = logging.getLogger(__name__)

View = TypeVar("View", bound=Callable[..., object])

ANSWER_BODY = 64 * 1024
ELSEWHERE_BODY = 160 * 1024  # the same answers, locked by a browser for another device
OFFICE_BODY = 5 * 1024 * 1024 + ANSWER_BODY  # the largest HR file, and the fields around it
READ_FOR_NOTHING = 64 * 1024 * 1024  # of a body too large: who sends it sees why it is refused
OFFICE = "/bureau"
FAILURES = "100 per 5 minutes"
STATIC = Path(__file__).parent / "static"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def init_web(app: Application) -> None:
    """Give `app`, which has its settings, its face; called once, before any blueprint."""
    settings = app.parts[Settings]
    files = StaticFiles(STATIC)
    init_incoming(app)
    app.config["MAX_CONTENT_LENGTH"] = OFFICE_BODY
    app.before_request(_bound_the_body)
    app.after_request(_secure(_headers(settings)))
    app.after_request(_pack)
    app.register_error_handler(Exception, _explain)
    app.add_url_rule("/static/<digest>/<path:name>", "static_file", files.serve)
    app.register_blueprint(legal)
    app.parts.add(_limit_failures(app, settings))
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension(Dense)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.filters.update(FILTERS[FRENCH])
    app.jinja_env.filters.update(
        day_fr=day_fr,
        weekday_fr=weekday_fr,
        number_fr=number_fr,
        percent_fr=percent_fr,
        rich=rich,
        paragraphs=paragraphs,
        plain=plain,
    )
    site = app.parts.add(Site.of(settings))
    app.jinja_env.globals.update(asset=files.url, scripts=files.scripts, site=site)
    app.jinja_env.globals.update(_own_words(FRENCH))
    app.parts.add(Templates(app.jinja_env))


@dataclass(frozen=True, kw_only=True)
class Site:
    """What every page may say about whoever runs the consultation; never a secret.

    `roll` and `urn` come before the address of a page of theirs, when it is on another server.
    """

    state_brand: bool
    organisation: str
    contact: str
    intranet_page: str
    results_place: str
    demo: bool
    roll: str
    urn: str
    legal: Legal = field(default_factory=Legal)

    @classmethod
    def of(cls, settings: Settings) -> Site:
        """The public part of the settings."""
        return cls(
            state_brand=settings.brand == "etat",
            organisation=settings.organisation,
            contact=settings.contact,
            intranet_page=settings.intranet_page,
            results_place=settings.results_place,
            demo=settings.demo,
            roll=settings.roll_elsewhere,
            urn=settings.urn_elsewhere,
            legal=settings.legal,
        )

    @property
    def name(self) -> str:
        """What the header and the titles of pages say."""
        return f"Consultation – {self.organisation}" if self.organisation else "Consultation"

    @property
    def accessibility(self) -> str:
        """How far the site complies with the law today: « non conforme » without a valid audit."""
        return self.legal.accessibility.state(lambda: part(Clock).today())


class Dense(Extension):
    """Pages without the margins that only their authors read."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template as it is compiled; what people type is written into it later."""
        if not (name or "").endswith(".html"):
            return source
        return re.sub(r"(?m)^[ \t]+", "", source)


# --- Languages ------------------------------------------------------------------------------


def render(template: str, language: str, **context: object) -> str:
    """A page whose own words are in this language, if the platform speaks it."""
    return render_template(part(Templates).spoken(language).get_template(template), **context)


class Templates:
    """The templates with the platform's own words in each language that it speaks.

    Each language has its own, compiled at its first page: words are looked up in one table, and
    nothing has to be told from template to macro.
    """

    def __init__(self, french: Environment) -> None:
        self._known = {FRENCH: french}

    def spoken(self, language: str) -> Environment:
        """Those in this language, or in French."""
        own = own_language(language)
        if own not in self._known:
            made = self._known[FRENCH].overlay()
            made.globals = {**made.globals, **_own_words(own)}
            made.filters = {**made.filters, **FILTERS[own]}
            self._known[own] = made
        return self._known[own]


def _own_words(language: str) -> Mapping[str, object]:
    """What templates are told of their language; `french` marks what stays French in another."""
    table = TABLES.get(language, {})

    def gettext(french: str) -> str:
        return table.get(french, french)

    return {
        "lang": language,
        "words_file": "" if language == FRENCH else _words_file(language),
        "gettext": gettext,
        "_": gettext,  # not by Jinja’s own, which looks the other up at each word
        "french": "" if language == FRENCH else Markup(' lang="fr"'),
    }


# --- Headers and bodies ---------------------------------------------------------------------


def _headers(settings: Settings) -> Mapping[str, str]:
    """Those of every answer; a page that calls or posts to the other side's server names it."""
    headers = dict(SECURITY_HEADERS)
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    policy = headers["Content-Security-Policy"]
    if settings.one_origin:
        return headers
    if "urn" in settings.sides and settings.roll_elsewhere:
        policy = _allow(policy, "connect-src", settings.roll_elsewhere)
        policy = _allow(policy, "form-action", settings.roll_elsewhere)
    if "roll" in settings.sides and settings.urn_elsewhere:
        policy = _allow(policy, "form-action", settings.urn_elsewhere)
    return headers | {"Content-Security-Policy": policy}


def _allow(policy: str, directive: str, origin: str) -> str:
    return policy.replace(f"{directive} 'self'", f"{directive} 'self' {origin}")


def _secure(headers: Mapping[str, str]) -> Callable[[Response], Response]:
    always = list(headers.items())

    def add_headers(response: Response) -> Response:
        response.headers.extend(always)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return add_headers


# The first that a browser understands serves: over TLS all know Brotli, a proxy between may not. At
# these levels both take the same time, and what Brotli makes is a tenth lighter. The window holds a
# whole page: a larger one would only be more memory to clear.
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, mode=brotli.MODE_TEXT, quality=5, lgwin=16),
    "gzip": partial(gzip.compress, compresslevel=6, mtime=0),
}


def shown_to_all(page: str) -> str:
    """This page, said to be the same for everyone: then it is compressed once, and remembered."""
    g.shown_to_all = True
    return page


def _pack(response: Response) -> Response:
    """Compress a page for the public: five times lighter, for a third of a millisecond.

    The length of a compressed page tells what it repeats (BREACH), to whoever can have a victim's
    browser ask for it many times. Here such a request obtains nothing: without a cookie, a page
    holds only what its own form has just sent. The office has a cookie: its pages stay as they are.
    """
    if response.mimetype != "text/html" or request.path.startswith(OFFICE):
        return response
    # No `Vary`: no cache keeps a page (`no-store`), so none has to be told what it depends on.
    for encoding in PACKERS:
        if request.accept_encodings[encoding]:
            pack = _pack_once if g.get("shown_to_all") else _packed
            response.set_data(pack(encoding, response.get_data()))
            response.headers["Content-Encoding"] = encoding
            break
    return response


def _packed(encoding: str, page: bytes) -> bytes:
    return PACKERS[encoding](page)


_pack_once = lru_cache(maxsize=32)(_packed)


def _bound_the_body() -> None:
    request.max_content_length = _largest_body(request.path)
    request.max_form_memory_size = request.max_content_length
    request.max_form_parts = 1000


def _largest_body(path: str) -> int:
    if path.startswith(f"{OFFICE}/"):
        return OFFICE_BODY
    return ELSEWHERE_BODY if path.endswith("/ailleurs") else ANSWER_BODY


def as_file(response: Response, name: str) -> Response:
    """This answer, to be kept as a file of this name, which writes no header of its own."""
    response.headers.set("Content-Disposition", "attachment", filename=one_line(name))
    return response


# --- Limiter --------------------------------------------------------------------------------


def failure_limit(view: View) -> View:
    """Count the requests to `view` that end in 404, and ask an address that has too many to wait.

    A whole préfecture shares one address: what only a genuine code can get (a page, used, closed,
    not yet open) never counts and is never refused, whatever someone else tries from there. Codes
    have 130 bits: what is limited is the noise, nobody finds one by trying.
    """
    view.counts_failures = True  # type: ignore[attr-defined]  # read back by _is_limited
    return view


def _limit_failures(app: Flask, settings: Settings) -> Limiter:
    storage = settings.limiter_storage
    # Nobody can go back from a counter to an address. Processes that share their counters must
    # agree on the key; alone, a process draws one that dies with it. The urn's server has no key:
    # its processes share the address of its store, and the password in it.
    alone = storage.startswith("memory:")
    shared = (settings.signing_key or settings.box_url).encode()
    secret = secrets.token_bytes(32) if alone else derive(shared, "limiter")

    def address_key() -> str:
        address = (request.remote_addr or "").encode()
        return hmac.digest(secret, address, "sha256").hex()

    limiter = Limiter(address_key, app=app, storage_uri=storage, in_memory_fallback=[FAILURES])
    limiter.request_filter(lambda: "failed" not in g)  # most requests have nothing to count

    @limiter.shared_limit(FAILURES, scope="failures")
    def counted(failure: Response) -> Response:
        return failure

    def count_failures(response: Response) -> Response:
        if response.status_code != NotFound.code or not _is_limited():
            return response
        g.failed = True
        try:
            return counted(response)
        except TooManyRequests as refused:
            return _explain(refused)

    app.after_request(count_failures)
    return limiter


def _is_limited() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "counts_failures", False)


# --- Errors ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What an error page says: what happened, and what to do."""

    status: int
    title: str
    sentence: str
    template: str = "errors/error.html"
    retry_after: int = 0


AGAIN = (
    "Rechargez cette page dans quelques instants : ce que vous venez d’écrire sera envoyé "
    "à nouveau, et ne comptera qu’une fois."
)
BAD_REQUEST = Explanation(
    status=400,
    title="La demande n’a pas été comprise",
    sentence="Elle est incomplète ou illisible. Revenez à la page précédente et recommencez.",
)
SESSION_LOST = Explanation(
    status=400,
    title="Votre session a expiré",
    sentence="Rien n’a été modifié. Revenez à la page précédente, rechargez-la et recommencez.",
)
BROKEN = Explanation(status=500, title="Une erreur est survenue", sentence=AGAIN)
UNAVAILABLE = Explanation(
    status=503,
    title="Le service est momentanément indisponible",
    sentence=AGAIN,
    retry_after=60,
)
EXPLANATIONS = {
    page.status: page
    for page in (
        BAD_REQUEST,
        Explanation(
            status=404,
            title="Page non trouvée",
            sentence=(
                "L’adresse est peut-être coupée. Copiez l’adresse entière du message reçu, "
                "ou écrivez votre code sur la page d’accueil."
            ),
        ),
        Explanation(
            status=405,
            title="Cette page ne s’ouvre pas ainsi",
            sentence="Ouvrez à nouveau le lien du message reçu pour reprendre.",
        ),
        Explanation(
            status=413,
            title="L’envoi est trop volumineux",
            sentence=(
                "Revenez à la page précédente et raccourcissez vos textes. "
                "Un fichier ne peut pas dépasser 5\u00a0Mo."
            ),
        ),
        Explanation(
            status=429,
            title="Trop d’essais",
            sentence=(
                "Trop de codes inconnus ont été essayés depuis votre réseau. "
                "Patientez 5\u00a0minutes, puis recommencez."
            ),
            retry_after=300,
        ),
        BROKEN,
        UNAVAILABLE,
    )
}
STORE_DOWN = (OperationalError, InterfaceError, PoolTimeout)
DISK_DOWN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def _explain(error: Exception) -> Response:
    page = _explanation(error)
    _record(error, page.status)
    if page.status == RequestEntityTooLarge.code:
        _read_to_the_end()
    response = _as_json(page, error) if _wants_json() else _as_html(page, error)
    response.status_code = page.status
    if page.retry_after:
        response.headers["Retry-After"] = str(page.retry_after)
    if isinstance(error, HTTPException):
        response.headers.extend((k, v) for k, v in error.get_headers() if k == "Allow")
    return response


def _read_to_the_end() -> None:
    """Let a browser finish sending: until it has, it shows no answer, only a connection cut."""
    if not request.environ.get("wsgi.input_terminated"):
        return  # a server whose body has no end of its own
    left = READ_FOR_NOTHING
    while left > 0 and (read := len(request.environ["wsgi.input"].read(64 * 1024))):
        left -= read


def _spoken() -> str:
    """The language of the page that asks, as far as it was read."""
    told: str = g.get("language", "")
    return told or FRENCH


def _translated(page: Explanation, error: Exception, language: str) -> Explanation:
    told = error.said(language) if isinstance(error, Refusal) else words(page.sentence, language)
    return replace(page, title=words(page.title, language), sentence=told)


def _explanation(error: Exception) -> Explanation:
    match error:
        case Refusal():
            return Explanation(
                status=error.status,
                title=error.title,
                sentence=error.sentence,
                template=error.template,
                retry_after=error.retry_after,
            )
        case CSRFError():
            return SESSION_LOST
        case HTTPException(code=int() as status):
            return EXPLANATIONS.get(status) or _other_status(status)
        case OSError() if error.errno in DISK_DOWN:
            return UNAVAILABLE
        case _:
            return UNAVAILABLE if isinstance(error, STORE_DOWN) else BROKEN


def _other_status(status: int) -> Explanation:
    like = BROKEN if status >= BROKEN.status else BAD_REQUEST
    return Explanation(status=status, title=like.title, sentence=like.sentence)


def _record(error: Exception, status: int) -> None:
    """Log the kind of error and, when it is ours, where: messages may quote what people typed."""
    if status < BROKEN.status:
        log.warning("refused %s %d", type(error).__name__, status)
        return
    places = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    shown = error if current_app.testing else None
    log.error("failed %s %d at %s", type(error).__name__, status, places, exc_info=shown)


def _wants_json() -> bool:
    return request.is_json or request.accept_mimetypes.best == "application/json"


def _as_json(page: Explanation, error: Exception) -> Response:
    """What a script says on its page, in every language: which one that is, is not told here."""
    said = {language: _translated(page, error, language).sentence for language in TABLES}
    body = {"refused": page.sentence, "title": page.title, **said}
    return Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")


def _as_html(page: Explanation, error: Exception) -> Response:
    language = _spoken()
    refusal = error if isinstance(error, Refusal) else None
    page = _translated(page, error, language)
    return Response(render(page.template, language, page=page, refusal=refusal))


# --- Static files ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class StaticFile:
    """A file ready to be sent, plain or compressed."""

    kind: str
    plain: bytes
    packed: bytes | None


@dataclass(frozen=True, kw_only=True)
class Script:
    """A program of ours, and what lets anyone tell whether they were sent another."""

    name: str
    url: str
    sha256: str
    integrity: str


class StaticFiles:
    """The static folder, read once and named by its content: what a page asks for never changes."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read_static(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".gz"
        }
        self._files |= {_words_file(language): self._words(language) for language in TABLES}
        self._digest = _digest(self._files)

    def _words(self, language: str) -> StaticFile:
        """What the scripts say, by their French words: a page in this language loads it first."""
        scripts = "".join(
            file.plain.decode() for name, file in self._files.items() if name.endswith(".js")
        )
        said = {french: words(french, language) for french in said_by(scripts)}
        source = f"self.words={json.dumps(said, ensure_ascii=False, separators=(',', ':'))};"
        return _compressed("text/javascript", source.encode())

    def url(self, name: str) -> str:
        """The address of a file."""
        if name not in self._files:
            raise LookupError(f"{name}: not in the static folder; `pip install -e .` completes it")
        return f"/static/{self._digest}/{name}"

    def scripts(self) -> tuple[Script, ...]:
        """Every program that browsers are sent."""
        return tuple(
            Script(
                name=name,
                url=self.url(name),
                sha256=hashlib.sha256(file.plain).hexdigest(),
                integrity=f"sha384-{b64encode(hashlib.sha384(file.plain).digest()).decode()}",
            )
            for name, file in self._files.items()
            if name.endswith(".js")
        )

    def content(self, name: str) -> bytes:
        """A file as it is sent, before any compression."""
        return self._files[name].plain

    def serve(self, digest: str, name: str) -> Response:
        """Send a file, for ever when the address carries the current content."""
        file = self._files.get(name)
        if file is None:
            raise NotFound
        packed = file.packed if request.accept_encodings["gzip"] else None
        response = Response(packed or file.plain, mimetype=file.kind)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        if file.packed:
            response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if digest == self._digest else "no-cache"
        )
        return response


def _read_static(path: Path) -> StaticFile:
    kind = mimetypes.guess_type(path.name)[0] or _KINDS.get(path.suffix, "text/plain")
    plain = _without_comments(path) if path.suffix == ".js" else path.read_bytes()
    sibling = path.with_name(f"{path.name}.gz")
    if sibling.exists():
        return StaticFile(kind=kind, plain=plain, packed=sibling.read_bytes())
    if kind.startswith(("text/", "image/svg")):
        return _compressed(kind, plain)
    return StaticFile(kind=kind, plain=plain, packed=None)


def _compressed(kind: str, plain: bytes) -> StaticFile:
    return StaticFile(kind=kind, plain=plain, packed=gzip.compress(plain, mtime=0))


def _words_file(language: str) -> str:
    return f"words-{language}.js"


def _without_comments(script: Path) -> bytes:
    """A script without the lines and the margins that only its authors read."""
    return re.sub(rb"(?m)^[ \t]*(//.*)?\n|^[ \t]+", b"", script.read_bytes())


_KINDS = {".woff2": "font/woff2", ".svg": "image/svg+xml", ".js": "text/javascript"}


def _digest(files: Mapping[str, StaticFile]) -> str:
    whole = hashlib.sha256()
    for name, file in files.items():
        whole.update(f"{name}\0{len(file.plain)}\0".encode() + file.plain)
    return whole.hexdigest()[:16]


# --- Pages the law asks for -----------------------------------------------------------------

legal = Blueprint("legal", __name__)


@legal.get("/accessibilite")
def accessibility() -> str:
    """The accessibility statement."""
    return render_template("legal/accessibilite.html")


@legal.get("/mentions-legales")
def notices() -> str:
    """Who publishes and hosts."""
    return render_template("legal/mentions-legales.html")


@legal.get("/donnees-personnelles")
def personal_data() -> str:
    """What is known about people, and their rights."""
    return render_template("legal/donnees-personnelles.html")


@legal.get("/cookies")
def cookies() -> str:
    """What browsers keep: no cookie."""
    return render_template("legal/cookies.html")


@legal.get("/aide")
def help_and_contact() -> str:
    """Help, and whom to write to."""
    return render_template("legal/aide.html")


@legal.get("/anonymat")
def anonymity() -> str:
    """How answers are kept apart from names, and how far."""
    return render_template("legal/anonymat.html")
