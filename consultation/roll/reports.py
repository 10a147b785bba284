"""What a message that came to the address of returns says: a report, an answer, or neither.

Servers disagree about what their reports say, so a report is read as a whole: what was done
(`Action`), the code (`Status`), and what the other server answered, by tables of what they send.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Literal

from consultation.roll import codes
from consultation.roll.mail import STOP

try:
    import flufl.bounce as scan
except ImportError:  # the extra « returns » was not asked for
    scan = None  # type: ignore[assignment]  # as mypy has no word for a module or none

LARGEST = 1024 * 1024  # bytes of a message that came back: beyond, only its head is read
Kind = Literal[
    "wrong",
    "closed",
    "full",
    "large",
    "loop",
    "policy",
    "unreachable",
    "failed",
    "temporary",
    "receipt",
    "stop",
    "automatic",
    "answer",
    "complaint",
    "unknown",
]

KIND_WORDS: Mapping[Kind, str] = {
    "wrong": "adresse inconnue",
    "closed": "boîte fermée",
    "full": "boîte pleine",
    "large": "message trop gros pour le destinataire",
    "loop": "message qui tourne en boucle",
    "policy": "refusé par les règles du destinataire",
    "unreachable": "domaine injoignable",
    "failed": "non remis, sans raison claire",
    "temporary": "retardé, sans conséquence",
    "receipt": "accusé de réception, sans conséquence",
    "stop": "ne veut plus de rappel",
    "automatic": "réponse automatique, à lire",
    "answer": "réponse d’une personne, à lire",
    "complaint": "signalé comme indésirable, à lire",
    "unknown": "message non reconnu",
}

_CORRECT = "Corrigez l’adresse."
_ASK = "Demandez à l’équipe technique d’en lever la cause, puis invitez à la même adresse."
_REMEDIES: Mapping[Kind, str] = {
    "wrong": _CORRECT,
    "closed": _CORRECT,
    "full": "Prévenez la personne, puis invitez-la à la même adresse.",
    "large": _ASK,
    "loop": _ASK,
    "policy": _ASK,
    "unreachable": "Vérifiez la fin de l’adresse, ou invitez plus tard à la même.",
    "failed": _ASK,
}
UNDELIVERED: tuple[Kind, ...] = tuple(_REMEDIES)
"""What keeps a message from its reader; of two reports, the first of these kinds is told."""

TO_READ: frozenset[Kind] = frozenset({"automatic", "answer", "complaint", "unknown"})
"""What only a person can read: it stays in the mailbox."""


@dataclass(frozen=True, kw_only=True)
class Returned:
    """One message that came back: whose it was, and why, in words."""

    kind: Kind
    mark: str = ""
    reason: str = ""


def read(content: bytes, returns: str) -> Returned:
    """What a message that arrived at the address of returns says; never raises."""
    try:
        return _understood(content[:LARGEST], returns)
    except RecursionError:  # parts within parts within parts: no server writes that
        return Returned(kind="unknown")


def _understood(content: bytes, returns: str) -> Returned:
    mail = message_from_bytes(content)
    mark, stop = _mark_of(mail, content, returns)
    if not mark:
        return Returned(kind="unknown")
    if stop:
        return Returned(kind="stop", mark=mark)
    kind, said = _said_by(mail)
    words = f"{KIND_WORDS[kind]} ({said})" if said else KIND_WORDS[kind]
    remedy = _REMEDIES.get(kind)
    return Returned(kind=kind, mark=mark, reason=f"{words}. {remedy}" if remedy else words)


# --- Whose message it was


def _mark_of(mail: Message, content: bytes, returns: str) -> tuple[str, bool]:
    """Said by the address it came to, or else by what it quotes; whether it is a wish to stop."""
    local, _, domain = returns.rpartition("@")
    if not local:
        return "", False
    pattern = re.compile(
        rf"{re.escape(local)}\+({STOP})?([0-9a-f]{{{codes.RETURN_LENGTH}}})@{re.escape(domain)}",
        re.IGNORECASE,
    )
    came_to = " ".join(
        str(value)
        for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To")
        for value in mail.get_all(name, [])
    )
    if found := pattern.search(came_to):
        return found[2].lower(), bool(found[1])
    quoted = re.sub(rb"=\r?\n", b"", content).decode("ascii", "replace")
    found = pattern.search(quoted)
    return (found[2].lower(), False) if found else ("", False)


# --- What kind of message it is


def _said_by(mail: Message) -> tuple[Kind, str]:
    """The kind of a message, and what the other server said, without its first words."""
    kinds = {part.get_content_type() for part in _parts(mail)}
    answers = bool(_AN_ANSWER.match(_header(mail, "Subject")))
    if kinds & _REPORTS and not answers:
        return _reported(mail)
    if "message/feedback-report" in kinds:
        return "complaint", ""
    if "message/disposition-notification" in kinds:
        return "receipt", ""
    if _is_from_a_server(mail) and not answers and (told := _told_in_words(mail)):
        return told
    return ("automatic" if _is_automatic(mail) else "answer"), ""


def _parts(mail: Message) -> Iterator[Message]:
    """The parts of a message, but not those of the messages attached to it."""
    if mail.get_content_maintype() != "multipart" or not mail.is_multipart():
        yield mail
        return
    for part in mail.get_payload():
        if isinstance(part, Message):
            yield from _parts(part)


_REPORTS = {"message/delivery-status", "message/global-delivery-status"}
_SERVER = re.compile(
    r"mailer-daemon|postmaster|mail delivery|mail administrator|microsoftexchange|"
    r"syst[eè]me de messagerie|administrateur syst[eè]me",
    re.IGNORECASE,
)
_PEOPLE_TOO = re.compile(r"postmaster|administra", re.IGNORECASE)
_AN_ANSWER = re.compile(r"\s*(re|ré|réf|tr|fw|fwd)\s*:", re.IGNORECASE)
_AUTOMATIC_SUBJECT = re.compile(
    r"automati|auto-?repl|absen|out of (the )?office|en cong|vacation|"
    r"authentification|verif|v[ée]rif|confirm|awaits moderator",
    re.IGNORECASE,
)


def _is_from_a_server(mail: Message) -> bool:
    return "X-Failed-Recipients" in mail or bool(_SERVER.search(_header(mail, "From")))


def _is_automatic(mail: Message) -> bool:
    submitted = _header(mail, "Auto-Submitted").strip().lower()
    return (
        submitted not in ("", "no")
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
        or _header(mail, "Precedence").strip().lower() in ("auto_reply", "bulk", "junk", "list")
        or bool(_AUTOMATIC_SUBJECT.search(_header(mail, "Subject")))
    )


# --- Reports of the standard form (RFC 3464, and RFC 6533 for addresses with accents)

_TYPE = re.compile(r"^\s*[\w-]+\s*;")  # « smtp; », « X-Postfix; »
_TRIES_AGAIN = re.compile(
    r"message delayed|(continue to|keep|continue) try|(will (be )?|being )retr(y|ied)|"
    r"attempts will continue|warning (message )?only|need to\s{1,9}resend your message|"
    r"continuera (d.|[àa] )essayer|simple avertissement|n[ée]cessaire de renvoyer",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")


def _reported(mail: Message) -> tuple[Kind, str]:
    """What a report says of its recipients: of several, the worst."""
    text = _notification(mail)
    title = _header(mail, "Subject")
    told = [
        _of_recipient(fields, title, text)
        for part in _parts(mail)
        if part.get_content_type() in _REPORTS
        for fields in _blocks(part)
    ]
    order: tuple[Kind, ...] = (*UNDELIVERED, "temporary", "receipt")
    found = [(order.index(kind), said) for kind, said in filter(None, told)]
    if not found:
        return "answer", ""
    rank, said = min(found)
    return order[rank], said


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a report, one for the message and one for each recipient."""
    payload = part.get_payload()
    for one in payload if isinstance(payload, list) else ():
        if isinstance(one, Message):
            yield one
            # Python knows the groups of one of the two forms only: of the other, all but the
            # first are the text of a message.
            for group in re.split(r"\n\s*\n", _text(one)) if not one.is_multipart() else ():
                yield message_from_string(group.lstrip())


def _of_recipient(fields: Message, title: str, text: str) -> tuple[Kind, str] | None:
    action = _header(fields, "Action").strip().lower()
    found = _STATUS.search(_header(fields, "Status"))
    status = found[0] if found else ""
    told = " ".join(_TYPE.sub("", _header(fields, "Diagnostic-Code")).split())
    again = "Will-Retry-Until" in fields or bool(_TRIES_AGAIN.search(f"{told} {title} {text}"))
    match _outcome(action, status, again=again):
        case "failed":
            return _failure(status, told, text)
        case "delayed":
            return "temporary", _in_brief(status, told)
        case "received":
            return "receipt", ""
        case _:
            return None


def _outcome(action: str, status: str, *, again: bool) -> str:
    """What became of the message: `Action` decides, and never `Status` alone.

    Postfix gives a message up with `failed` and 4.4.1, the last thing that happened. OpenSMTPD
    says `delayed` of a message that it has given up too, with 4.4.7 (« delivery time expired ») and
    no word of trying again; Exchange writes 4.4.7 of a real delay, and that it will.
    """
    if action.startswith(("fail", "error")):
        return "failed"
    if action.startswith("delayed"):
        return "failed" if status == "4.4.7" and not again else "delayed"
    if action.startswith(("delivered", "relayed", "expanded")):
        return "received"
    return {"5": "failed", "4": "delayed", "2": "received"}.get(status[:1], "")


# --- Why a message was not delivered

_BY_CODE: Mapping[str, Kind] = {
    "5.4.4": "wrong",  # there is no such domain
    "5.4.310": "wrong",  # the same, at Microsoft
    "1": "wrong",
    "1.7": "policy",  # the sender's address
    "1.8": "policy",
    "1.90": "policy",  # the sender's daily limit, at Microsoft
    "2.1": "closed",
    "2.2": "full",
    "2.3": "large",
    "3.1": "full",
    "3.4": "large",
    "4": "unreachable",
    "4.6": "loop",
    "4.14": "loop",
    "6": "policy",  # the content
    "7": "policy",
    "7.13": "closed",
}
"""What RFC 3463 and the servers mean by a code: of several lines, the most precise is right."""

_BY_WORDS: tuple[tuple[Kind, str], ...] = (
    (
        "large",
        r"too (large|big)|(message|max\w*) size|size (limit|exceed)|trop (gros|volumineux)|"
        r"taille (maximale|du message)",
    ),
    (
        "full",
        r"quota|(mail ?box|inbox|account|user|folder) (is )?full|storage|disk full|"
        r"bo[iî]te [\w ]{0,60}(pleine|satur[ée]e)|espace [\w ]{0,60}insuffisant",
    ),
    ("loop", r"too many hops|hop count|\bloop|loops back|en boucle|trop de sauts"),
    (
        "closed",
        r"(account|mail ?box|user|address) [\w ,’']{0,60}(disabl|deactiv|inactive|suspend|closed)|"
        r"no longer (active|accept)|(compte|bo[iî]te) [\w ]{0,60}(d[ée]sactiv|ferm|suspend)",
    ),
    (
        "wrong",
        r"unknown|no such|not exist|n.t exist|n.t have an? |not found|not listed|unrouteable|"
        r"invalid (recipient|mail ?box|user|address)|no mail ?box|not a valid|"
        r"mail ?box unavailable|inconnue?|introuvable|inexistant|n.existe p|"
        r"pas r[ée]pertori|pas [ée]t[ée] trouv|undeliverable address|address rejected: undeliv",
    ),
    (
        "policy",
        r"spam|\bspf\b|dkim|dmarc|block(ed|list)|black ?list|polic(y|ies)|reputation|grey ?list|"
        r"(bad|invalid|forbidden) content|content (is |was )?(reject|refus|block)|prohibit|"
        r"contenu (refus|interdit|bloqu)|client host rejected|"
        r"denied|not (allowed|permitted|authori[sz]ed)|virus|banned|ind[ée]sirable|r[èe]gles?\b",
    ),
    (
        "unreachable",
        r"timed? ?out|timeout|connection (refused|reset)|could ?n.t (connect|establish|find)|"
        r"no route|unreachable|lost connection|could not deliver for the last|expired|"
        r"n.a pas r[ée]pondu|injoignable|d[ée]lai",
    ),
)
"""What servers say when their code says nothing (Exim's 5.0.0), in the order it is looked for."""

_AGAINST_THE_SENDER = re.compile(
    r"(sending|sender.?s?|outgoing|submission|recipient rate|daily|hourly) "
    r"([\w-]{1,20} ){0,2}(quota|(?<!size )limit)|quota d.envoi|limite d.envoi|"
    r"\brate[ -](limit|exceed)|(message|connection|mail|sending) rate|at a rate|throttl|"
    r"too (quickly|fast)|slow down|"
    r"(quota|limit|exceed\w{0,5}|messages)[\w (]{0,60}\byour (ip|host|server|domain)|"
    r"\bip (address )?(quota|limit)|you( have|.ve) (exceeded|reached)|trop de messages envoy|"
    r"too many ([\w-]{1,20} ){0,2}(connections|sessions|recipients|users)|trop de connexions|"
    r"too many ((e-?)?mails|messages) (sent|from|per)|"
    r"(messages|e-?mails|recipients|connections) per (minute|hour|day)|"
    r"sender (address )?(reject|refus|block|denied|verif[\w ]{0,20}fail)|"
    r"exp[ée]diteur (refus|rejet|bloqu)",
    re.IGNORECASE,
)
"""What is said of the sender, whatever the code: its rate, or its address."""

_IN_SPITE_OF_A_REFUSAL: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "wrong",
        re.compile(
            r"\b(user|(?<!sender )address|recipient|mail ?box|account) (is |was )?"
            r"(unknown|not found|does not exist|doesn.t exist)|mail ?box unavailable|"
            r"\b(unknown|no such|invalid) (local )?(user|recipient|mail ?box|account)\b|"
            r"\b(utilisateur|destinataire|adresse|bo[iî]te|compte) (est )?"
            r"(inconnu|introuvable|inexistant)",
            re.IGNORECASE,
        ),
    ),
    (
        "full",
        re.compile(
            r"\b(mail ?box|inbox|recipient|user) ((is|has) )?"
            r"(full|over quota|quota exceeded|exceeded (its|the|their) quota)|"
            r"bo[iî]te [\w ]{0,60}(pleine|satur)",
            re.IGNORECASE,
        ),
    ),
)
"""What names the recipient so plainly that a code of another matter (content, policy) is wrong."""

_ADDRESS = re.compile(r"\S+@\S+")
# Microsoft's answer for an address that it does not know, with a code that says something else.
_NOT_IN_THE_DIRECTORY = re.compile(r"5\.4\.1\b.*recipient address rejected", re.IGNORECASE)
_WORDS = tuple((kind, re.compile(words, re.IGNORECASE)) for kind, words in _BY_WORDS)
_REPLY = re.compile(r"(?<![\d.])5\d\d(?![\d.])")
_BY_REPLY: Mapping[str, Kind] = {"550": "wrong", "551": "wrong", "552": "full", "553": "wrong"}
"""What RFC 5321 means by a reply, when nothing else is known."""


def _failure(status: str, told: str, text: str) -> tuple[Kind, str]:
    """Why a message was not delivered: by its codes, by words, and at last by the bare reply."""
    line = told or _server_line(text)
    brief = _in_brief(status, line)
    for said in (line, text):
        if kind := _cause(_ADDRESS.sub("", f"{status} {said}")):
            return kind, brief
    return _in_general(f"{status} {line}"), brief


def _in_general(said: str) -> Kind:
    """By codes that say little, or by the reply when no code says what it is about."""
    codes = _STATUS.findall(_ADDRESS.sub("", said))
    found = [_by_code(code, general=True) for code in codes if not code.startswith("2")]
    reply = _REPLY.search(said)
    if reply and all(_subject(code) in ("0", "2") for code in codes):
        found.append(_BY_REPLY.get(reply[0]))
    return next((kind for kind in found if kind), "failed")


def _cause(said: str) -> Kind | None:
    if _NOT_IN_THE_DIRECTORY.search(said):
        return "wrong"
    if _AGAINST_THE_SENDER.search(said):
        return "policy"
    codes = [code for code in _STATUS.findall(said) if not code.startswith("2")]
    refused = any(_subject(code) in ("6", "7") for code in codes)
    plain = (kind for kind, words in _IN_SPITE_OF_A_REFUSAL if refused and words.search(said))
    known = (_by_code(code) for code in codes)
    by_words = (
        kind
        for kind, words in _WORDS
        if words.search(said) and not (refused and kind in ("wrong", "full"))
    )
    return next(plain, None) or next(filter(None, known), None) or next(by_words, None)


def _subject(code: str) -> str:
    return code.split(".")[1]


def _by_code(code: str, *, general: bool = False) -> Kind | None:
    """What a code means; one that ends in 0 says little, and is asked only when nothing else is."""
    _, _, precise = code.partition(".")
    subject, _, detail = precise.partition(".")
    if not code or (detail == "0" and not general):
        return None
    return next((_BY_CODE[one] for one in (code, precise, subject) if one in _BY_CODE), None)


# --- Reports in bare words: qmail, DragonFly Mail Agent, older servers

_QUOTES = re.compile(
    r"^[ \t>*-]{0,20}(original message|message headers|message d.origine|message original|"
    r"(below this line|this) is a copy|returned message|below is a copy|received:|return-path:)",
    re.IGNORECASE | re.MULTILINE,
)
_FAILED = re.compile(
    r"undeliver|not (be )?delivered|failure|failed|error delivering|returned|"
    r"(un|not |n.t )able to deliver|could ?n.t be delivered|[ée]chec|[ée]chou|"
    r"non remis|non distribu|n.a pas (pu|[ée]t[ée])|impossible",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delay|retard|not yet been|will (keep|continue|be) (re)?try|still being|warning|avertissement|"
    r"will be retried|attempts will",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(r"giv(en|ing) up|not going to try|permanent|d[ée]finitif", re.IGNORECASE)


def _told_in_words(mail: Message) -> tuple[Kind, str] | None:
    text = _notification(mail)
    if not _is_sent_by_itself(mail):
        return None
    title = _header(mail, "Subject")
    said = f"{title} {text}"
    if _DELAYED.search(said) and not _GIVEN_UP.search(said):
        return "temporary", ""
    return _failure("", _server_line(text), text) if _FAILED.search(said) else None


def _is_sent_by_itself(mail: Message) -> bool:
    """Whether nobody wrote it: those who look after servers write from `postmaster` too."""
    return (
        not _PEOPLE_TOO.search(_header(mail, "From"))
        or _is_automatic(mail)
        or "X-Failed-Recipients" in mail
        or _header(mail, "Return-Path").strip() == "<>"
        or _is_known_to_the_library(mail)
    )


def _is_known_to_the_library(mail: Message) -> bool:
    """Whether the library of odd reports, when it is installed, finds one that gives up."""
    try:
        return bool(scan and scan.scan_message(mail))
    except (LookupError, ValueError, TypeError, AttributeError):  # it expects well made messages
        return False


def _notification(mail: Message) -> str:
    """What a server wrote itself, before the message that it gives back."""
    texts = (part for part in _parts(mail) if part.get_content_maintype() == "text")
    first = next(texts, None)
    if first is None:
        return ""
    text = _text(first)[:_LONGEST_NOTICE]
    if first.get_content_subtype() == "html":
        text = html.unescape(re.sub(r"<[^<>]*>", " ", text))
    found = _QUOTES.search(text)
    return text[: found.start()] if found else text


_LONGEST_NOTICE = 10_000  # letters: some expressions here take the square of it
_LONGEST_HEADER = 2_000


def _server_line(text: str) -> str:
    """The paragraph that holds the reply of the other server."""
    found = re.search(r"(?<![\d.])[45]\d\d[ -](?:[^\n]|\n(?!\s*\n))*", text)
    return " ".join(found[0].split()) if found else ""


def _in_brief(status: str, told: str) -> str:
    brief = told[:120].strip()
    return brief if status in brief else f"{status} {brief}".strip()


# --- Headers and texts as they are, however badly they are written


def _header(mail: Message, name: str) -> str:
    raw = next((str(value) for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    value = raw[:_LONGEST_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(
        LookupError, ValueError, HeaderParseError
    ):  # an encoding that does not exist, or not encoded so
        return str(make_header(decode_header(value)))
    return value


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode("latin-1")
