"""The office's own pages, its sessions and its guards, which the other office pages use too.

A session exists under /bureau only: a survey page neither reads nor sets a cookie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from flask.sessions import NullSession, SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from consultation.config import Settings
from consultation.office import totp, unsent
from consultation.office.accounts import (
    ROLE_WORDS,
    ROLES,
    TWO_FACTORS,
    Account,
    LoginRefused,
    Role,
    SecondFactorNeeded,
    UnknownAccount,
    WrongCode,
)
from consultation.office.approvals import (
    ACTION_WORDS,
    ACTIONS,
    ASKED_IN,
    Action,
    Approval,
    known_action,
    known_id,
)
from consultation.office.campaigns import PHASE_WORDS, Campaign
from consultation.office.forms import CodeForm, LoginForm
from consultation.office.store import Accounts, Approvals, Campaigns, Journal
from consultation.parts import Application, part
from consultation.refusals import Refusal
from consultation.web import OFFICE, Site

P = ParamSpec("P")
R = TypeVar("R")

IDLE = timedelta(minutes=30)
SHOWN_ENTRIES = 500
TOO_LATE = (
    "Votre session a expiré, et rien n’a été enregistré. Connectez-vous\u00a0: ce que vous venez "
    "d’écrire vous sera rendu."
)

bp = Blueprint("office", __name__, url_prefix=OFFICE)
control = Blueprint("control", __name__, url_prefix=OFFICE)
"""What belongs to everyone's office, and what belongs to those who run and control it: the roll's
own server, where HR works, has only the first."""


class NotAllowed(Refusal):
    """Votre compte ne donne pas accès à cette page."""

    status = 403
    title = "Accès refusé"


class LoginNeeded(Refusal):
    """Connectez-vous au bureau, puis recommencez."""

    status = 403
    title = "Connexion nécessaire"


@dataclass(frozen=True, kw_only=True)
class Tile:
    """An entry of the home page, for one role."""

    role: Role
    path: str
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class CampaignLine:
    """One campaign on the operator's page, with the requests about it."""

    campaign: Campaign
    words: str
    asked: tuple[Approval, ...]
    may_ask: tuple[Action, ...]


TILES = (
    Tile(
        role="rh",
        path=f"{OFFICE}/lots",
        title="Lots d’invitations",
        text="Déposer un fichier d’adresses, le vérifier, suivre l’envoi.",
    ),
    Tile(
        role="analyste",
        path=f"{OFFICE}/resultats",
        title="Résultats",
        text="Suivre le dépouillement, télécharger les données protégées.",
    ),
    Tile(
        role="exploitation",
        path=f"{OFFICE}/campagnes",
        title="Consultations",
        text="Voir l’état de chaque consultation, donner son accord à une clôture anticipée.",
    ),
    Tile(
        role="auditeur",
        path=f"{OFFICE}/journal",
        title="Journal",
        text="Lire les actions du bureau et vérifier que rien n’y a été changé.",
    ),
)


def init_office(app: Application) -> None:
    """Give `app` the office's sessions and its protection; call it after `init_web`."""
    settings = app.parts[Settings]
    app.secret_key = settings.signing_key
    app.session_interface = _OfficeSessions()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-bureau" if settings.secure else "bureau",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=IDLE,
        WTF_CSRF_CHECK_DEFAULT=False,  # a survey page carries no authority that could be abused
        WTF_CSRF_SSL_STRICT=False,  # it compares the Referer, which our pages never send
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
    )
    protection = CSRFProtect(app)

    @app.before_request
    def protect_the_office() -> ResponseReturnValue | None:
        if not _in_office():
            return None
        carried = _written_too_late()
        if carried:
            return _login_page(LoginForm(), TOO_LATE, carried), 403
        protection.protect()
        return None

    @app.context_processor
    def whoever_is_here() -> dict[str, Account | None]:
        # What the view has already found: an error page must not ask the store again.
        return {"account": g.get("account")}

    app.register_blueprint(bp)
    if "office" in settings.sides:
        app.register_blueprint(control)


def current_account() -> Account:
    """Who is asking, and may; LoginNeeded when nobody is logged in."""
    account = _somebody()
    if _must_be_protected(account):
        raise SecondFactorNeeded
    return account


def role_required(
    *roles: Role, protected: bool = True
) -> Callable[[Callable[P, R]], Callable[P, R | ResponseReturnValue]]:
    """Let in these roles only, with their second factor unless `protected` is false.

    Nobody in particular is sent to the login page.
    """

    def guard(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
            account = _whoever_asks()
            if account is None:
                return redirect(url_for("office.login"), 303)
            if protected and _must_be_protected(account):
                return redirect(url_for("office.second_factor"), 303)
            if account.role not in roles:
                raise NotAllowed
            return view(*args, **kwargs)

        return guarded

    return guard


@bp.get("/connexion")
def login() -> ResponseReturnValue:
    """The login page."""
    if _whoever_asks():
        return redirect(url_for("office.home"), 303)
    return _login_page(LoginForm(), "")


@bp.post("/connexion")
def enter() -> ResponseReturnValue:
    """Begin a session."""
    form, carried = LoginForm(request.form), request.form.get("unsent", "")
    if not form.validate():
        return _login_page(form, "Complétez les champs signalés.", carried), 422
    try:
        account = part(Accounts).check(
            form.login.data or "", form.password.data or "", form.code.data or ""
        )
    except LoginRefused as refused:
        # Only a login that exists: what was typed may be a password in the wrong field.
        if refused.blocked:
            part(Journal).write(refused.blocked, "connexion bloquée", "trop d’essais refusés")
        return _login_page(form, refused.sentence, carried), refused.status
    refusals = f"après {account.failures} essais refusés" if account.failures else ""
    part(Journal).write(account.login, "connexion", refusals)
    if _must_be_protected(account):
        account = part(Accounts).prepare_second_factor(account.id)
    _begin_session(account)
    found = unsent.given_back(carried) if carried else None
    if found:
        return render_template("office/rendu.html", unsent=found)
    return redirect(url_for("office.home"), 303)


@bp.post("/deconnexion")
def leave() -> ResponseReturnValue:
    """End the sessions of this account, here and elsewhere."""
    account = _whoever_asks()
    if account:
        part(Accounts).end_sessions(account.id)
        part(Journal).write(account.login, "déconnexion")
    cookie.clear()
    return redirect(url_for("office.login"), 303)


@bp.get("/second-facteur")
@role_required(*ROLES, protected=False)
def second_factor() -> ResponseReturnValue:
    """The application of this account: there, waiting for its first code, or to be added."""
    return _second_factor_page(CodeForm(), "")


@bp.get("/second-facteur/qr.svg")
@role_required(*ROLES, protected=False)
def second_factor_picture() -> ResponseReturnValue:
    """The secret an application reads, until its first code: then nobody sees it again."""
    account = _somebody()
    secret = part(Accounts).prepared_second_factor(account.id)
    if secret is None:
        abort(404)
    picture = totp.qr_code(secret, account.login, part(Site).name)
    return Response(picture, mimetype="image/svg+xml")


@bp.post("/second-facteur/preparer")
@role_required(*ROLES, protected=False)
def prepare_second_factor() -> ResponseReturnValue:
    """A new secret, for an application to read."""
    account = part(Accounts).prepare_second_factor(_somebody().id)
    _begin_session(account)
    part(Journal).write(account.login, "second facteur préparé")
    return redirect(url_for("office.second_factor"), 303)


@bp.post("/second-facteur")
@role_required(*ROLES, protected=False)
def confirm_second_factor() -> ResponseReturnValue:
    """The first code: the application is added, and every session begun without it ends."""
    account, form = _somebody(), CodeForm(request.form)
    if not form.validate():
        return _second_factor_page(form, "Complétez le champ signalé."), 422
    try:
        protected = part(Accounts).confirm_second_factor(account.id, form.code.data or "")
    except WrongCode as wrong:
        return _second_factor_page(form, wrong.sentence), wrong.status
    _begin_session(protected)
    part(Journal).write(protected.login, "second facteur ajouté")
    return redirect(url_for("office.home"), 303)


@bp.get("")
@role_required(*ROLES)
def home() -> ResponseReturnValue:
    """What this role may do, among what this server offers."""
    role, served = current_account().role, {rule.rule for rule in current_app.url_map.iter_rules()}
    tiles = [tile for tile in TILES if tile.role == role and tile.path in served]
    return render_template("office/home.html", tiles=tiles)


@control.get("/campagnes")
@role_required("exploitation")
def campaigns() -> ResponseReturnValue:
    """Every campaign and its state, and what two persons must agree on."""
    register, asked = part(Campaigns), part(Approvals).all()
    lines = [
        CampaignLine(
            campaign=campaign,
            words=PHASE_WORDS[register.phase(campaign)],
            asked=tuple(one for one in asked if one.campaign == campaign.slug),
            may_ask=_may_ask(campaign, asked),
        )
        for campaign in register.all()
    ]
    return render_template("office/campaigns.html", lines=lines, words=ACTION_WORDS)


@control.post("/campagnes/<slug>/demander")
@role_required("exploitation")
def request_approval(slug: str) -> ResponseReturnValue:
    """Ask another person to agree."""
    account, action = current_account(), known_action(request.form.get("action", ""))
    asked = part(Approvals).request(action, slug, account)
    part(Journal).write(account.login, "accord demandé", f"{asked.campaign}, {asked.words}")
    return redirect(url_for("control.campaigns"), 303)


@control.post("/demandes/<request_id>/approuver")
@role_required("exploitation")
def approve(request_id: str) -> ResponseReturnValue:
    """Agree with what another person asked."""
    account = current_account()
    asked = part(Approvals).approve(known_id(request_id), account)
    part(Journal).write(account.login, "accord donné", f"{asked.campaign}, {asked.words}")
    return redirect(url_for("control.campaigns"), 303)


@control.post("/demandes/<request_id>/retirer")
@role_required("exploitation")
def withdraw(request_id: str) -> ResponseReturnValue:
    """Take a request back."""
    account = current_account()
    asked = part(Approvals).withdraw(known_id(request_id), account)
    part(Journal).write(account.login, "accord retiré", f"{asked.campaign}, {asked.words}")
    return redirect(url_for("control.campaigns"), 303)


@control.get("/journal")
@role_required("auditeur")
def journal() -> ResponseReturnValue:
    """The last lines of the journal, and whether the whole chain holds."""
    entries, intact = part(Journal).entries(), part(Journal).verify()
    last = entries[: -SHOWN_ENTRIES - 1 : -1]
    return render_template(
        "office/journal.html",
        entries=last,
        count=len(entries),
        intact=intact,
        head=part(Journal).head().hex(),
    )


class _OfficeSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, under /bureau only."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return super().open_session(app, request) if _in_office() else NullSession()


def _in_office() -> bool:
    return request.path == OFFICE or request.path.startswith(f"{OFFICE}/")


def _written_too_late() -> str:
    """What was sent after the session had ended, for the login page to carry."""
    doors = ("office.enter", "office.leave")
    if request.method != "POST" or request.endpoint in (None, *doors) or _whoever_asks():
        return ""
    return unsent.keep(request)


def _login_page(form: LoginForm, problem: str, carried: str = "") -> str:
    roles = part(Accounts).roles
    return render_template(
        "office/login.html",
        form=form,
        problem=problem,
        unsent=carried,
        entering=[ROLE_WORDS[role] for role in roles] if roles != ROLES else [],
        hr_elsewhere=part(Site).roll if "rh" not in roles else "",
    )


def _second_factor_page(form: CodeForm, problem: str) -> str:
    account = _somebody()
    secret = part(Accounts).prepared_second_factor(account.id)
    return render_template(
        "office/second-facteur.html",
        form=form,
        problem=problem,
        protected=account.two_factors,
        required=_must_be_protected(account),
        secret=totp.written(secret) if secret else "",
    )


def _must_be_protected(account: Account) -> bool:
    required = part(Settings).totp_required and account.role in TWO_FACTORS
    return required and not account.two_factors


def _may_ask(campaign: Campaign, asked: tuple[Approval, ...]) -> tuple[Action, ...]:
    already = {one.action for one in asked if one.campaign == campaign.slug}
    return tuple(
        action for action in ACTIONS if action not in already and campaign.state in ASKED_IN[action]
    )


def _begin_session(account: Account) -> None:
    # Nothing survives from before: a token seen by someone else would still be valid.
    cookie.clear()
    cookie.permanent = True
    cookie["account"] = account.id.hex()
    cookie["epoch"] = account.session_epoch


def _somebody() -> Account:
    account = _whoever_asks()
    if account is None:
        raise LoginNeeded
    return account


def _whoever_asks() -> Account | None:
    if "account" not in g:
        g.account = _account_of_the_cookie()
    found: Account | None = g.account
    return found


def _account_of_the_cookie() -> Account | None:
    known = cookie.get("account")
    if not known:
        return None
    try:
        account = part(Accounts).get(bytes.fromhex(known))
    except UnknownAccount:
        return None
    here = account.role in part(Accounts).roles
    live = here and account.active and account.session_epoch == cookie.get("epoch")
    return account if live else None
