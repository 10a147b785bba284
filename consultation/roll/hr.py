"""The pages of HR offices: hand in, choose the column, check, confirm, follow; never who answered.

An account sees the batches of its own territory, and no other.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.policy import SMTP
from secrets import token_bytes
from typing import TypedDict

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Redirection

from consultation import spreadsheet
from consultation.config import Settings
from consultation.formatting import day_fr
from consultation.incoming import whole_number
from consultation.office.accounts import Account
from consultation.office.campaigns import Campaign
from consultation.office.figures import Published
from consultation.office.pages import (
    current_account,
    role_required,
)
from consultation.office.sendings import BatchFigure, Planned, Sendings
from consultation.office.store import Campaigns, Figures, Journal
from consultation.office.territories import EVERYWHERE, Territory, territories, territory
from consultation.parts import part
from consultation.refusals import Refusal
from consultation.roll import batches, codes, paper, preview
from consultation.roll.addresses import Line
from consultation.roll.batches import Columns, Parsed
from consultation.roll.forms import BatchForm, PaperForm
from consultation.roll.headers import write_text
from consultation.roll.mail import message
from consultation.roll.relay import Letter, Mailer
from consultation.roll.reminders import MOST, Reminders
from consultation.roll.returns import Returns
from consultation.roll.slips import FORMS
from consultation.roll.store import FLAWS, Batch, Outgoing, Roll, UnknownBatch
from consultation.sealing import CannotUnseal, lock, unlock
from consultation.web import as_file

SHOWN_LINES = 50
MANY = 1_000  # invitations; beyond, confirming asks twice
DAYS_OFFERED = 15
MOST_DAYS = 60
HOURS_OFFERED = tuple(range(8, 18))
BEFORE_A_SEMINAR = timedelta(minutes=30)
KEYS_KEPT = 3  # of the last files handed in, in the cookie of whoever did
STATE_WORDS: Mapping[str, str] = {
    "draft": "à vérifier",
    "confirmed": "confirmé, en attente d’envoi",
    "sending": "envoi en cours",
    "paused": "suspendu",
    "done": "envoi terminé",
    "cancelled": "annulé",
}

_REPORT_ENDS = ("Incertaines", "En attente", "Ont commencé à répondre", "Au")

bp = Blueprint("hr", __name__, url_prefix="/bureau/lots")


@dataclass(frozen=True, kw_only=True)
class HeldCampaign:
    """What HR may know of one campaign: its deliveries, and its turnout as last published."""

    campaign: Campaign
    batches: tuple[Batch, ...]
    takes_batches: bool
    published: Published
    figures: Mapping[bytes, BatchFigure]
    plans: Mapping[bytes, Planned]


class _Rules(TypedDict):
    domains: tuple[str, ...]
    elsewhere: Mapping[str, str]


class _Hours(TypedDict):
    days: list[date]
    hours: tuple[int, ...]
    soonest: str


class TooLate(Refusal):
    """Cette consultation se termine : aucun lot ne peut plus y être ajouté."""

    status = 409
    title = "La consultation est terminée"


class NotRead(Refusal):
    """Le fichier n’est plus lisible par la plateforme. Déposez-le à nouveau."""

    status = 409
    title = "Fichier à déposer à nouveau"


class NotOurList(Refusal):
    """Envoyez le fichier des lignes signalées, une fois corrigé. Un autre se dépose à part."""

    status = 422
    title = "Ce n’est pas le fichier attendu"


class NotThatAddress(Refusal):
    """Cette adresse ne peut pas recevoir de message."""

    status = 422
    title = "Adresse à corriger"


class ManyPeople(Refusal):
    """Cochez la case qui confirme le nombre de personnes, puis recommencez."""

    status = 422
    title = "Confirmez le nombre"


class NotTheirReminders(Refusal):
    """Les rappels partent pour toute la France : un compte national en choisit les dates."""

    status = 403
    title = "Rappels nationaux"


class NotThatHour(Refusal):
    """Choisissez un jour et une heure parmi ceux qui sont proposés."""

    status = 422
    title = "Date à corriger"


@bp.get("")
@role_required("rh")
def every_batch() -> str:
    """The batches of every campaign that are this account's to see."""
    found = [_held(campaign) for campaign in part(Campaigns).all()]
    return render_template(
        "office/lots.html", found=found, words=STATE_WORDS, perimeter=_perimeter()
    )


@bp.get("/modele.csv")
@role_required("rh")
def model() -> Response:
    """A file to fill."""
    return _csv(spreadsheet.write([("courriel",), ("prenom.nom@ain.gouv.fr",)]), "modele.csv")


@bp.get("/message.css")
@role_required("rh")
def message_style() -> Response:
    """The styles that messages carry inside them, for the page that shows one."""
    return Response(preview.stylesheet(), mimetype="text/css")


@bp.get("/nouveau/<slug>")
@role_required("rh")
def new_batch(slug: str) -> str:
    """The form to hand a file in, or to paste addresses."""
    campaign = _open_to_batches(slug)
    return _batch_form(campaign, _form_for(campaign), "")


@bp.post("/nouveau/<slug>")
@role_required("rh")
def hand_in(slug: str) -> ResponseReturnValue:
    """Read a file or pasted addresses; the file is locked until its column is chosen."""
    campaign = _open_to_batches(slug)
    form, file = _form_for(campaign), request.files.get("fichier")
    pasted = request.form.get("adresses", "")
    named = file is not None and bool(file.filename)
    if not form.validate() or named == bool(pasted.strip()):
        problem = "" if named != bool(pasted.strip()) else "Choisissez un fichier, ou collez."
        return _batch_form(campaign, form, problem), 422
    code = _perimeter().code or form.territory.data or ""
    if form.contact.data and _told(form.contact.data).faulty:
        return _batch_form(campaign, form, "Corrigez votre adresse électronique."), 422
    content = file.read() if named and file else b""
    rules = _rules(code)
    parsed = batches.parse(content, **rules) if named else batches.parse_pasted(pasted, **rules)
    if parsed.refusal:
        return _batch_form(campaign, form, parsed.refusal), 422
    return _drafted(campaign, form, parsed, code, content)


@bp.get("/papier/<slug>")
@role_required("rh")
def new_paper(slug: str) -> str:
    """The form to prepare codes for those who have no mailbox, or for a seminar."""
    return _paper_form(_open_to_batches(slug), PaperForm())


@bp.post("/papier/<slug>")
@role_required("rh")
def make_paper(slug: str) -> ResponseReturnValue:
    """Make codes to be printed; those of a seminar are worth nothing until it is about to begin."""
    campaign = _open_to_batches(slug)
    form = PaperForm(request.form)
    form.offer((code, str(name)) for code, name in campaign.questionnaire.audiences)
    if not form.validate():
        return _paper_form(campaign, form), 422
    place, seminar = _perimeter(), form.begins(_perimeter().zone)
    name = f"seminaire-{seminar:%Y-%m-%d}" if seminar else " ".join((form.name.data or "").split())
    batch_id = part(Roll).print_batch(
        slug,
        name,
        form.audience.data,
        form.count.data or 0,
        kind="seminar" if seminar else "paper",
        perimeter=place.code,
        opened=campaign.state != "draft",
    )
    if seminar:
        opens = seminar - BEFORE_A_SEMINAR
        part(Sendings).plan(batch_id, slug, place.code, opens, opening=True)
    _record("codes préparés", slug, name, f"{form.count.data} codes")
    return _to_batch(batch_id)


@bp.post("/<batch>/imprimer")
@role_required("rh")
def print_codes(batch: str) -> Response:
    """The codes of a batch as a PDF file, made for this time only; the journal says so."""
    found = _found(batch)
    campaign, form = part(Campaigns).get(found.campaign), request.form.get("forme", "")
    printed = part(Roll).printed_codes(found.id)
    wanted = paper.shares(request.form.get("services", ""), len(printed))
    chosen = next((known for known in FORMS if known == form), FORMS[0])
    content = paper.pdf(found, campaign, part(Settings), printed, wanted, chosen)
    _record("codes imprimés", found.campaign, found.name, f"{sum(one.count for one in wanted)}")
    return _download(content, f"{found.name}.pdf", "application/pdf")


@bp.get("/rappels/<slug>")
@role_required("rh")
def reminders(slug: str) -> str:
    """What reminders were sent, counts only, and when the others are to be."""
    return _reminders_page(part(Campaigns).get(slug))


@bp.post("/rappels/<slug>")
@role_required("rh")
def plan_reminders(slug: str) -> Redirection:
    """Choose the dates of the reminders, two at most, for the whole country."""
    campaign = _open_to_batches(slug)
    if _perimeter().code:
        raise NotTheirReminders
    moments = tuple(_reminder_dates(campaign))
    part(Sendings).plan_reminders(slug, moments)
    told = " et ".join(EVERYWHERE.words(moment) for moment in moments) or "aucun"
    _record("rappels planifiés", slug, told)
    flash("Les dates des rappels sont enregistrées.", "success")
    too_late = _too_late_for(campaign, moments)
    if too_late:
        flash(f"Choisissez un jour plus tôt pour atteindre aussi : {too_late}.", "error")
    return redirect(url_for("hr.reminders", slug=slug), 303)


@bp.get("/<batch>/colonnes")
@role_required("rh")
def choose_column(batch: str) -> ResponseReturnValue:
    """Which column holds the addresses, as guessed, with some of what each holds."""
    found = _draft(batch)
    columns, content = _unlocked(found)
    sheet = request.args.get("feuille", "")
    return render_template(
        "office/lots-colonnes.html",
        batch=found,
        campaign=part(Campaigns).get(found.campaign),
        columns=columns if sheet in ("", columns.sheet) else batches.columns(content, sheet),
    )


@bp.post("/<batch>/colonnes")
@role_required("rh")
def read_column(batch: str) -> Redirection:
    """Read the file again with the column a person has chosen, unless it was read so."""
    found = _draft(batch)
    columns, content = _unlocked(found)
    sheet = request.form.get("feuille", "") or columns.sheet
    column = whole_number(request.form.get("colonne", ""))
    if part(Roll).place(found.id) == (sheet, column):
        return _to_batch(found.id)
    rules = _rules(found.perimeter)
    parsed = batches.parse(content, column=column, sheet=sheet, **rules)
    if parsed.refusal:
        raise NotRead(parsed.refusal)
    part(Roll).redraft(found.id, parsed)
    _record("colonne choisie", found.campaign, found.name, f"{len(parsed.lines)} lignes")
    return _to_batch(found.id)


@bp.post("/<batch>/corriger")
@role_required("rh")
def send_corrected(batch: str) -> Redirection:
    """Put the lines corrected in our own list in the place of the faulty ones."""
    found, file = _found(batch, whole=True), request.files.get("fichier")
    if found.parsed is None:
        raise UnknownBatch
    if file is None:
        raise NotOurList
    again = batches.parse_corrected(file.read(), **_rules(found.perimeter))
    if again.refusal:
        raise NotOurList(again.refusal)
    merged = batches.corrected(found.parsed, again, found.already)
    if part(Roll).redraft(found.id, merged):
        _record("lignes corrigées", found.campaign, found.name, f"{len(again.lines)} lignes")
        flash(f"{len(again.lines)} lignes corrigées ont été lues.", "success")
    return _to_batch(found.id)


@bp.get("/<batch>")
@role_required("rh")
def one_batch(batch: str) -> str:
    """What to check in a batch, then how its sending goes."""
    found = _found(batch, whole=True)
    campaign = part(Campaigns).get(found.campaign)
    if found.parsed is None:
        return _following(found, campaign)
    return _checking(found, found.parsed, campaign)


@bp.get("/<batch>/message")
@role_required("rh")
def whole_message(batch: str) -> str:
    """The message as it will be received, in HTML then in text."""
    found = _found(batch)
    mail = _invented(found)
    return render_template(
        "office/lots-message.html",
        batch=found,
        headers={words: str(mail[name]) for words, name in preview.SHOWN_HEADERS.items()},
        html=preview.shown(mail),
        text=preview.text(mail),
    )


@bp.get("/<batch>/message.eml")
@role_required("rh")
def message_file(batch: str) -> Response:
    """The same, for a mail program to open."""
    content = _invented(_found(batch)).as_bytes(policy=SMTP)
    return _download(content, "message.eml", "message/rfc822")


@bp.post("/<batch>/essai")
@role_required("rh")
def try_message(batch: str) -> Redirection:
    """Send the message, with a code that opens nothing, to whoever checks it."""
    found = _found(batch)
    line = _told(request.form.get("adresse", ""))
    if line.faulty:
        raise NotThatAddress(_in_words(line))
    mail = _invented(found, to=line.address)
    write_text(mail, "Subject", f"[Essai] {mail['Subject']}")
    sender = mail["From"].addresses[0].addr_spec
    letter = Letter(sender=sender, to=line.address, content=mail.as_bytes(policy=SMTP))
    mailer = Mailer(part(Settings).smtp, timeout=10)
    outcome = mailer.send(letter)
    mailer.close()
    _record("message d’essai", found.campaign, found.name, outcome.kind)
    if outcome.kind == "sent":
        flash(f"Le message d’essai est parti vers {line.address}.", "success")
    else:
        flash(f"Le message d’essai n’est pas parti : {outcome.reason}.", "error")
    return _to_batch(found.id)


@bp.get("/<batch>/erreurs.csv")
@role_required("rh")
def every_problem(batch: str) -> Response:
    """Every problem of a draft, for a spreadsheet: corrected, it may be sent again."""
    found = _found(batch, whole=True)
    if found.parsed is None:
        raise UnknownBatch
    content = batches.report(found.parsed, _where_invited(found))
    return _csv(content, "lignes-a-corriger.csv")


@bp.get("/<batch>/non-remis.csv")
@role_required("rh")
def every_undelivered(batch: str) -> Response:
    """The refused, returned, uncertain and put off invitations, for a spreadsheet."""
    rows = [
        (line.address, FLAWS[line.delivery], line.reason)
        for line in part(Roll).undelivered(_found(batch).id)
    ]
    header = ("Adresse", "État", "Motif")
    return _csv(spreadsheet.write([header, *rows]), "invitations-non-remises.csv")


@bp.get("/rapport/<slug>.csv")
@role_required("rh")
def report(slug: str) -> Response:
    """How far each batch is, for a spreadsheet; participation as last published."""
    held = _held(part(Campaigns).get(slug))
    header = ("Lot", "État", "Préparées", "Remises", "Refusées", "Revenues", *_REPORT_ENDS)
    rows = [(*_figures_of(batch), *_turnout_of(held, batch)) for batch in held.batches]
    return _csv(spreadsheet.write([header, *rows]), f"lots-{slug}.csv")


@bp.post("/<batch>/confirmer")
@role_required("rh")
def confirm(batch: str) -> Redirection:
    """Invite everyone on the good lines, at the hour chosen; a double click does it once."""
    found = _found(batch)
    campaign = _open_to_batches(found.campaign)
    without_faulty = "sans_fautes" in request.form
    if "nombre" not in request.form and _found(batch, whole=True).ready > MANY:
        raise ManyPeople
    starts = _chosen_hour(territory(found.perimeter), campaign)
    opened = campaign.state != "draft"
    if part(Roll).confirm(found.id, without_faulty=without_faulty, opened=opened):
        planned = part(Sendings).plan(found.id, found.campaign, found.perimeter, starts)
        invited = _found(batch).counts.invited
        detail = f"{invited} invitations, à partir du {planned.words}"
        _record("lot confirmé", found.campaign, found.name, detail)
        flash("Le lot est confirmé. Aucun message n’est encore parti.", "success")
    return _to_batch(found.id)


@bp.post("/<batch>/planifier")
@role_required("rh")
def plan(batch: str) -> Redirection:
    """Choose another hour for a batch that has not left."""
    found = _found(batch)
    campaign = part(Campaigns).get(found.campaign)
    starts = _chosen_hour(territory(found.perimeter), campaign)
    if found.state in ("confirmed", "paused"):
        planned = part(Sendings).plan(found.id, found.campaign, found.perimeter, starts)
        _record("envoi planifié", found.campaign, found.name, planned.words)
    return _to_batch(found.id)


@bp.post("/<batch>/abandonner")
@role_required("rh")
def discard(batch: str) -> Redirection:
    """Forget a draft and its addresses."""
    if part(Roll).discard(_found(batch).id):
        _record("lot abandonné", batch)
        flash("Le lot est abandonné et ses adresses sont effacées.", "success")
    return redirect(url_for("hr.every_batch"), 303)


@bp.post("/<batch>/suspendre")
@role_required("rh")
def pause(batch: str) -> Redirection:
    """Stop sending a batch after the message in progress."""
    return _changed(batch, "envoi suspendu", part(Roll).pause)


@bp.post("/<batch>/reprendre")
@role_required("rh")
def resume(batch: str) -> Redirection:
    """Let a batch be sent again, once someone has looked."""
    return _changed(batch, "envoi autorisé à nouveau", part(Roll).resume)


@bp.post("/<batch>/annuler")
@role_required("rh")
def cancel(batch: str) -> Redirection:
    """Invite no more people of a batch: those not invited yet leave the roll."""
    found = _found(batch)
    opened = part(Campaigns).get(found.campaign).state != "draft"
    removed = part(Roll).cancel(found.id, opened=opened)
    _record("lot annulé", found.campaign, found.name, f"{removed} invitations retirées")
    return _to_batch(found.id)


@bp.post("/<batch>/adresse")
@role_required("rh")
def correct_address(batch: str) -> Redirection:
    """Invite someone again at the right address."""
    found = _found(batch)
    old, line = request.form.get("ancienne", ""), _told(request.form.get("nouvelle", ""))
    if line.faulty:
        raise NotThatAddress(_in_words(line))
    part(Returns).correct(found.id, old, line.address)
    _record("adresse corrigée", found.campaign, found.name)
    flash(f"{line.address} recevra une invitation ; l’ancien lien n’est plus valable.", "success")
    return _to_batch(found.id)


@bp.post("/<batch>/renvoyer")
@role_required("rh")
def send_again(batch: str) -> Redirection:
    """Put the uncertain invitations, or the refused ones, back among those to send."""
    found = _found(batch)
    if request.form.get("lesquels") == "refuses":
        part(Roll).send_refused_again(found.id)
        _record("refusés à renvoyer", found.campaign, found.name, f"{found.counts.refused}")
    else:
        part(Roll).send_uncertain_again(found.id)
        _record("incertains à renvoyer", found.campaign, found.name, f"{found.counts.uncertain}")
    return _to_batch(found.id)


# --- Below: parts of the pages above


def _perimeter() -> Territory:
    """The territory of whoever asks."""
    return territory(current_account().perimeter)


def _is_theirs(batch: Batch, account: Account) -> bool:
    return account.perimeter in ("", batch.perimeter)


def _found(batch: str, *, whole: bool = False) -> Batch:
    """The batch, if it is theirs: that of another territory is as unknown as none.

    When `whole`, with the lines of a draft.
    """
    try:
        found = part(Roll).batch(bytes.fromhex(batch), whole=whole)
    except ValueError:
        raise UnknownBatch from None
    if not _is_theirs(found, current_account()):
        raise UnknownBatch
    return found


def _draft(batch: str) -> Batch:
    found = _found(batch)
    if found.state != "draft":
        raise UnknownBatch
    return found


def _held(campaign: Campaign) -> HeldCampaign:
    account = current_account()
    return HeldCampaign(
        campaign=campaign,
        batches=tuple(one for one in part(Roll).batches(campaign.slug) if _is_theirs(one, account)),
        takes_batches=_takes_batches(campaign),
        published=part(Figures).of(campaign.slug),
        figures=part(Sendings).figures(campaign.slug),
        plans=part(Sendings).of(campaign.slug),
    )


def _where_invited(found: Batch) -> Mapping[str, str]:
    """Where each address was invited, in words; the batch of another territory has no name."""
    held = _held(part(Campaigns).get(found.campaign))
    named = {
        one.id: f"déjà dans le lot « {one.name} »{_leaving_day(held.plans.get(one.id))}"
        for one in held.batches
    }
    return {
        address: named.get(batch_id, "déjà dans un lot d’un autre service")
        for address, batch_id in found.already.items()
    }


def _leaving_day(planned: Planned | None) -> str:
    """« , du 3 juin 2024 »; nothing for a batch that was never planned here."""
    if planned is None:
        return ""
    return f", du {day_fr(planned.starts.astimezone(planned.territory.zone))}"


def _takes_batches(campaign: Campaign) -> bool:
    return part(Campaigns).phase(campaign) not in ("closing", "closed")


def _open_to_batches(slug: str) -> Campaign:
    campaign = part(Campaigns).get(slug)
    if not _takes_batches(campaign):
        raise TooLate
    return campaign


def _rules(code: str) -> _Rules:
    own = territory(code)
    elsewhere = {f"{one.domain}.gouv.fr": one.name for one in territories().values() if one.code}
    elsewhere.pop(f"{own.domain}.gouv.fr", None)
    return _Rules(domains=part(Settings).mail_domains, elsewhere=elsewhere if code else {})


def _told(typed: str) -> Line:
    """The address of whoever works here, under the rules of those invited."""
    return batches.one_address(typed, part(Settings).mail_domains)


def _in_words(line: Line) -> str:
    return " ".join(f"{one.reason} : {one.remedy}" for one in line.problems)


def _drafted(
    campaign: Campaign,
    form: BatchForm,
    parsed: Parsed,
    code: str,
    file: bytes,
) -> Redirection:
    name, key = " ".join((form.name.data or "").split()), token_bytes(32)
    columns = parsed.columns.to_json().encode() if parsed.columns else b""
    batch_id = part(Roll).draft_batch(
        campaign.slug,
        name,
        form.audience.data,
        parsed,
        perimeter=code,
        contact=(form.contact.data or "").strip().lower(),
        file=lock(key, columns + b"\0" + file) if file else None,
    )
    _record("lot déposé", campaign.slug, name, f"{len(parsed.lines)} lignes")
    if not file:  # pasted
        return _to_batch(batch_id)
    _keep_key(batch_id, key)
    return redirect(url_for("hr.choose_column", batch=batch_id.hex()), 303)


def _keep_key(batch_id: bytes, key: bytes) -> None:
    """The key stays with whoever handed the file in: the store alone tells nothing of it."""
    kept = list(cookie.get("files", {}).items())[1 - KEYS_KEPT :]
    cookie["files"] = {**dict(kept), batch_id.hex(): b64encode(key).decode()}


def _unlocked(found: Batch) -> tuple[Columns, bytes]:
    """What may be chosen in the file of a draft, and the file."""
    locked, key = part(Roll).locked_file(found.id), cookie.get("files", {}).get(found.id.hex())
    if not locked or not key:
        raise NotRead
    try:
        columns, _, content = unlock(b64decode(key), locked).partition(b"\0")
        return Columns.from_json(columns.decode()), content
    except (CannotUnseal, ValueError):  # or it was locked by an older version
        raise NotRead from None


def _paper_form(campaign: Campaign, form: PaperForm) -> str:
    form.offer((code, str(name)) for code, name in campaign.questionnaire.audiences)
    return render_template(
        "office/lots-papier.html", campaign=campaign, form=form, perimeter=_perimeter()
    )


def _reminders_page(campaign: Campaign) -> str:
    planned = part(Sendings).reminders(campaign.slug)
    now = part(Roll).now().astimezone(EVERYWHERE.zone).date()
    left = (campaign.closes - part(Roll).now()).days + 1
    days = (now + timedelta(days=number) for number in range(1, left + 1))
    return render_template(
        "office/lots-rappels.html",
        campaign=campaign,
        sent=part(Reminders).of(campaign.slug),
        planned=[moment.astimezone(EVERYWHERE.zone).date() for moment in planned],
        days=[day for day in days if _may_remind(campaign, _nine_o_clock(day))][:MOST_DAYS],
        mine=not _perimeter().code,
        opted_out=part(Roll).counts(campaign.slug).opted_out,
    )


def _reminder_dates(campaign: Campaign) -> Iterator[datetime]:
    """The days chosen, at the opening of offices, before the closing."""
    for number in range(1, MOST + 1):
        day = request.form.get(f"rappel{number}", "")
        if not day:
            continue
        try:
            moment = _nine_o_clock(date.fromisoformat(day))
        except ValueError:
            raise NotThatHour from None
        if not _may_remind(campaign, moment):
            raise NotThatHour
        yield moment


def _nine_o_clock(day: date) -> datetime:
    return datetime.combine(day, time(9), EVERYWHERE.zone)


def _may_remind(campaign: Campaign, moment: datetime) -> bool:
    return EVERYWHERE.is_open(moment) and moment < campaign.closes


def _too_late_for(campaign: Campaign, moments: Sequence[datetime]) -> str:
    """The territories whose offices do not open between a reminder and the closing."""
    places = {territory(one.perimeter) for one in part(Roll).batches(campaign.slug)}
    return ", ".join(
        sorted(
            place.name
            for place in places
            if any(place.next_opening(moment) >= campaign.closes for moment in moments)
        )
    )


def _checking(found: Batch, parsed: Parsed, campaign: Campaign) -> str:
    return render_template(
        "office/lots-verifier.html",
        batch=found,
        parsed=parsed,
        invited=[line for line in parsed.ready if line.address in found.already],
        already=_where_invited(found),
        campaign=campaign,
        audience=_audience(found, campaign),
        place=territory(found.perimeter),
        many=found.ready > MANY,
        shown=SHOWN_LINES,
        letter=preview.text(_invented(found)),
        file_kept=part(Roll).keeps_file(found.id),
        **_hours(territory(found.perimeter), campaign),
    )


def _following(found: Batch, campaign: Campaign) -> str:
    undelivered = part(Roll).undelivered(found.id)
    planned = part(Sendings).when(found.id)
    return render_template(
        "office/lots-suivi.html",
        batch=found,
        campaign=campaign,
        phase=part(Campaigns).phase(campaign),
        audience=_audience(found, campaign),
        planned=planned,
        waits=planned.waits(part(Roll).now()) if planned else "",
        too_late=planned is not None and planned.next(part(Roll).now()) >= campaign.closes,
        figure=part(Sendings).figures(found.campaign).get(found.id),
        words=STATE_WORDS,
        flaws=FLAWS,
        undelivered=undelivered[:SHOWN_LINES],
        hidden=max(0, len(undelivered) - SHOWN_LINES),
        **_hours(territory(found.perimeter), campaign),
    )


def _audience(found: Batch, campaign: Campaign) -> str:
    names = {code: str(name) for code, name in campaign.questionnaire.audiences}
    return names.get(found.audience, found.audience)


def _hours(place: Territory, campaign: Campaign) -> _Hours:
    """The days and hours at which people work there, from today to the closing."""
    now = part(Roll).now().astimezone(place.zone)
    days = (now.date() + timedelta(days=number) for number in range(DAYS_OFFERED))
    first = time(HOURS_OFFERED[0])
    working = [
        day
        for day in days
        if not place.day_off(day) and datetime.combine(day, first, place.zone) < campaign.closes
    ]
    return _Hours(days=working, hours=HOURS_OFFERED, soonest=place.words(place.next_opening(now)))


def _chosen_hour(place: Territory, campaign: Campaign) -> datetime:
    """When the batch leaves: at once, or at a day and an hour of this territory."""
    now, day = part(Roll).now(), request.form.get("jour", "")
    if not day:
        return place.next_opening(now)
    try:
        chosen = datetime.fromisoformat(f"{day}T{int(request.form.get('heure', '')):02}:00")
    except ValueError:
        raise NotThatHour from None
    moment = chosen.replace(tzinfo=place.zone)
    if not place.is_open(moment) or moment >= campaign.closes:
        raise NotThatHour
    return max(moment, now)


def _form_for(campaign: Campaign) -> BatchForm:
    form = BatchForm(request.form)
    form.offer((code, str(name)) for code, name in campaign.questionnaire.audiences)
    form.offer_territories((one.code, one.name) for one in territories().values())
    return form


def _batch_form(campaign: Campaign, form: BatchForm, problem: str) -> str:
    return render_template(
        "office/lots-nouveau.html",
        campaign=campaign,
        form=form,
        problem=problem,
        pasted=request.form.get("adresses", ""),
        perimeter=_perimeter(),
        domains=", ".join(part(Settings).mail_domains),
    )


def _invented(batch: Batch, to: str = "prenom.nom@exemple.gouv.fr") -> preview.Mail:
    """The message as an invented person would receive it: its code opens nothing."""
    campaign = part(Campaigns).get(batch.campaign)
    invented = Outgoing(
        id=b"", campaign=campaign.slug, audience=batch.audience, address=to, code=codes.NO_CODE
    )
    return message(invented, campaign, part(Settings), at=part(Roll).now())


def _changed(batch: str, words: str, change: Callable[[bytes], None]) -> Redirection:
    found = _found(batch)
    change(found.id)
    _record(words, found.campaign, found.name)
    return _to_batch(found.id)


def _figures_of(batch: Batch) -> tuple[str | int, ...]:
    counts = batch.counts
    state = STATE_WORDS[batch.state]
    figures = (counts.invited, counts.sent, counts.refused, counts.bounced, counts.uncertain)
    return batch.name, state, *figures, counts.waiting + counts.sending


def _turnout_of(held: HeldCampaign, batch: Batch) -> tuple[str | int, str]:
    figure = held.figures.get(batch.id)
    if figure is None:
        return "", ""
    number = "masqué" if figure.issued is None else figure.issued
    return number, figure.day.strftime("%d/%m/%Y")


def _to_batch(batch_id: bytes) -> Redirection:
    return redirect(url_for("hr.one_batch", batch=batch_id.hex()), 303)


def _record(action: str, *detail: str) -> None:
    part(Journal).write(current_account().login, action, ", ".join(detail))


def _csv(content: bytes, name: str) -> Response:
    return _download(content, name, "text/csv")


def _download(content: bytes, name: str, kind: str) -> Response:
    return as_file(Response(content, mimetype=kind), name)
