"""The desk that browsers ask for a credential, and the page of those who want no reminder.

The desk answers JSON, reads no cookie and knows no page.
"""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from consultation.blind import from_wire, to_wire
from consultation.config import Settings
from consultation.incoming import NotUnderstood, told
from consultation.office.store import Campaigns
from consultation.parts import part
from consultation.roll.codes import LONGEST_TYPED
from consultation.roll.returns import Returns
from consultation.roll.store import (
    AlreadyUsed,
    Closed,
    Roll,
    Unblindable,
    UnknownCode,
    refuse_outside,
)
from consultation.web import failure_limit

bp = Blueprint("roll", __name__, url_prefix="/guichet")


class SignedElsewhere(AlreadyUsed):
    """The same refusal, as the desk says it to a script."""

    status = 409


# --- The desk


@bp.after_request
def open_to_the_urn(answer: Response) -> Response:
    """Let the script of the urn's own server ask, and no other site; it sends no cookie."""
    origin = part(Settings).desk_open_to
    if not origin:
        return answer
    answer.vary.add("Origin")
    if request.headers.get("Origin") == origin and request.method in ("POST", "OPTIONS"):
        answer.headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            answer.headers["Access-Control-Allow-Methods"] = "POST"
            answer.headers["Access-Control-Allow-Headers"] = "content-type"
            answer.headers["Access-Control-Max-Age"] = "7200"
    return answer


@bp.post("/ou")
@failure_limit
def where() -> Response:
    """To which campaign and audience a typed code leads."""
    look = part(Roll).look(_field("code"))
    return jsonify(campaign=look.campaign, audience=look.audience)


@bp.post("/<campaign>/<audience>/etat")
@failure_limit
def state(campaign: str, audience: str) -> Response:
    """Whether a credential was already issued for a code."""
    phase = part(Campaigns).phase(part(Campaigns).recent(campaign))
    refuse_outside(phase)
    look = part(Roll).look(_field("code"))
    if (look.campaign, look.audience) != (campaign, audience):
        raise UnknownCode
    if phase == "closing" and not look.issued:
        raise Closed
    return jsonify(state="used" if look.issued else "new")


@bp.post("/<campaign>/<audience>/signature")
@failure_limit
def sign(campaign: str, audience: str) -> Response:
    """Sign the blinded message of a code's holder; the same message gets the same signature."""
    blinded = from_wire(_field("blinded"))
    if blinded is None:
        raise Unblindable
    try:
        signature = part(Roll).issue(
            part(Campaigns).recent(campaign), audience, _field("code"), blinded
        )
    except AlreadyUsed as refused:
        raise SignedElsewhere from refused
    return jsonify(signature=to_wire(signature))


@bp.get("/<campaign>/<audience>/cle")
def public_key(campaign: str, audience: str) -> Response:
    """The public key of an audience, as a JSON Web Key writes it."""
    key = part(Campaigns).recent(campaign).keys.get(audience)
    if key is None:
        raise UnknownCode
    exponent = key.e.to_bytes((key.e.bit_length() + 7) // 8, "big")
    answer = jsonify(
        n=to_wire(key.n.to_bytes(key.size, "big")),
        e=to_wire(exponent),
        fingerprint=key.fingerprint,
    )
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@bp.get("/rappels")
def no_more() -> str:
    """The page to ask for no more reminder: opening it changes nothing."""
    return _reminders()


@bp.post("/rappels")
@failure_limit
def stop_reminding() -> ResponseReturnValue:
    """Send no more reminder to the holder of a code, who says so twice: robots press buttons."""
    code, sure = request.form.get("code", ""), request.form.get("choix") == "non"
    if not sure or not code.strip():
        sentence = "Écrivez votre code et cochez la case, puis recommencez."
        return _reminders(sentence, code=code, sure=sure), 422
    if not part(Returns).opt_out(code):
        sentence = "Ce code n’est pas reconnu. Copiez le lien entier, ou le code, de votre message."
        return _reminders(sentence, code=code, sure=sure), UnknownCode.status
    return redirect(url_for("roll.stopped"), 303)


@bp.get("/rappels/fin")
def stopped() -> str:
    """What was asked is done."""
    return _reminders(done=True)


def _reminders(problem: str = "", *, code: str = "", sure: bool = False, done: bool = False) -> str:
    """The page, with what was typed and ticked."""
    typed = code if len(code) <= LONGEST_TYPED else ""
    return render_template("mail/rappels.html", problem=problem, typed=typed, sure=sure, done=done)


def _field(name: str) -> str:
    value = told().get(name)
    if value is None:
        raise NotUnderstood
    return value
