"""Synthetic agents: each reads the message it received and answers as a browser would.

An agent knows only what its message and the pages say; the questionnaire serves to invent answers
that obey its rules, and an answer the page does not offer is an error.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from secrets import token_bytes

from consultation.blind import (
    PublicKey,
    blind,
    blinding_factor,
    finalize,
    from_wire,
    prepare,
    to_wire,
)
from consultation.demo.browser import Browser, Reply
from consultation.demo.forms import Form, NotOnThePage, fields_of
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import visible_pages

_LINK = re.compile(
    r"https?://[^/\s]+(?P<path>/q/(?P<campaign>[^/\s]+)/(?P<audience>[^/#\s]+))#(?P<code>[\w-]+)"
)
_FINGERPRINT = re.compile(r"\b[0-9a-f]{64}\b")
_TRIES_A_PAGE = 12  # one in 4,000 needs more than five for a question that another one opens
_MOST_PAGES = 60

Answered = Mapping[str, Sequence[str]]


class Ending(Enum):
    """How an agent's visit ends."""

    SENT = "sent"
    LEFT_AT_THE_DOOR = "left_at_the_door"  # before any credential was issued
    GAVE_UP = "gave_up"  # after


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What a message says."""

    path: str
    campaign: str
    audience: str
    code: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How an agent behaves; `stops_at` is the number of pages filled before giving up."""

    script: bool = True
    stops_at: int | None = None
    repeats: bool = False


def read_invitation(message: Path) -> Invitation:
    """What the agent reads in the text of the message kept in this file."""
    parsed = message_from_bytes(message.read_bytes(), policy=policy.default)
    body = parsed.get_body(("plain",))
    text = body.get_content() if body else ""
    found, fingerprint = _LINK.search(text), _FINGERPRINT.search(text)
    if found is None or fingerprint is None:
        raise ValueError(f"no link or no fingerprint in {message}")
    return Invitation(
        path=found["path"],
        campaign=found["campaign"],
        audience=found["audience"],
        code=found["code"],
        fingerprint=fingerprint[0],
    )


class Agent:
    """One person at a browser."""

    def __init__(
        self,
        invitation: Invitation,
        questionnaire: Questionnaire,
        browser: Browser,
        habit: Habit,
        rng: random.Random,
    ) -> None:
        self._invitation = invitation
        self._questionnaire = questionnaire
        self._browser = browser
        self._habit = habit
        self._rng = rng

    def visit(self) -> Ending:
        """Open the link, answer page after page, read again, send; or stop on the way."""
        page = self._enter() if self._habit.script else self._enter_typing()
        if page is None:
            return Ending.LEFT_AT_THE_DOOR
        for number in range(1, _MOST_PAGES):
            if number == self._habit.stops_at:
                return Ending.GAVE_UP
            form = _sending(page)
            if form is not None:
                self._send(page, form)
                return Ending.SENT
            page = self._fill(page, page.form("/pages/"))
        raise NotOnThePage(f"{page.url}: no end after {_MOST_PAGES} pages")

    def _enter(self) -> Reply | None:
        """With script: check the first page, obtain a signature, then send the page with it."""
        at = self._invitation
        door = f"/guichet/{at.campaign}/{at.audience}"
        self._browser.open(at.path)
        self._browser.ask(f"{door}/etat", {"code": at.code})
        page = self._browser.open(f"{at.path}/commencer")
        if self._habit.stops_at == 0:
            return None
        page, form, answers = self._checked_first_page(page)
        message, signature = self._credential(door)
        credential = {"m": to_wire(message), "s": to_wire(signature)}
        fields = [*form.filled(answers, form.button("suite")), *credential.items()]
        reply = self._browser.post(page, form, [pair for pair in fields if pair[1]])
        return reply if _is_fine(reply) else self._fill(reply, reply.form("/pages/"))

    def _checked_first_page(self, page: Reply) -> tuple[Reply, Form, Answered]:
        for _ in range(_TRIES_A_PAGE):
            form = page.form("/pages/")
            answers = self._answers(form)
            fields = [*form.filled(answers), ("action", "verifier")]
            reply = self._browser.post(page, form, fields)
            if reply.status == HTTPStatus.NO_CONTENT:
                return page, form, answers
            page = reply
        raise NotOnThePage(f"{page.url}: the first page is refused again and again")

    def _credential(self, door: str) -> tuple[bytes, bytes]:
        key = self._browser.open(f"{door}/cle").json
        public = PublicKey(n=_number(key["n"]), e=_number(key["e"]))
        if public.fingerprint != self._invitation.fingerprint:
            raise NotOnThePage(f"{door}: not the key that the message announced")
        prepared = prepare(token_bytes(32), token_bytes(32))
        blinded, inverse = blind(
            public, prepared, salt=token_bytes(48), r=blinding_factor(public, token_bytes(64))
        )
        question = {"code": self._invitation.code, "blinded": to_wire(blinded)}
        answer = self._browser.ask(f"{door}/signature", question)
        if self._habit.repeats and self._browser.ask(f"{door}/signature", question) != answer:
            raise NotOnThePage(f"{door}: the same blinded message was signed otherwise")
        blind_signature = from_wire(str(answer["signature"])) or b""
        return prepared, finalize(public, prepared, blind_signature, inverse)

    def _enter_typing(self) -> Reply | None:
        """Without script: the code is typed, and the server plays the browser's part."""
        landing = self._browser.open("/q")
        form = landing.form("/entree")
        typed = {"code": [self._as_typed(self._invitation.code)]}
        page = self._browser.send(landing, form, typed, form.buttons[0])
        if self._habit.stops_at == 0:
            return None
        page = self._fill(page, page.form("/entree/"))
        return self._typed_again(landing, form, typed) if self._habit.repeats else page

    def _typed_again(self, landing: Reply, form: Form, typed: Answered) -> Reply:
        """Somewhere else, later: the code typed again finds the answers where they were."""
        return self._browser.send(landing, form, typed, form.buttons[0])

    def _fill(self, page: Reply, form: Form) -> Reply:
        """Answer the page; when it comes back with a remark or a question more, answer again."""
        for _ in range(_TRIES_A_PAGE):
            reply = self._browser.send(page, form, self._answers(form), form.button("suite"))
            again = _same_form(reply, form)
            if again is None and _is_fine(reply):
                return reply
            if again is None:
                raise NotOnThePage(f"{page.url}: {reply.status} {reply.document.heading}")
            page, form = reply, again
        raise NotOnThePage(f"{page.url}: refused again and again")

    def _answers(self, form: Form) -> Answered:
        """Answers to what the form shows, obeying the rules of its page."""
        so_far = from_json(self._questionnaire, form.hidden("answers") or "{}")
        context = Context(audience=self._invitation.audience)
        first = visible_pages(self._questionnaire, so_far, context, Lots(form.hidden("seed")))[0]
        page = self._questionnaire.page(form.action.rpartition("/pages/")[2]) or first
        invented = respond(self._questionnaire, page, so_far, context, self._rng)
        # Whatever a first answer has left on the page gives way to this one.
        return {name: invented.get(name, ()) for name in fields_of(form)}

    def _send(self, page: Reply, form: Form) -> None:
        """Send for good; those who repeat lose the first answer, or press the button twice."""
        button = next(button for button in form.buttons if not button.action)
        if self._habit.repeats and self._rng.random() < 0.5:
            self._browser.send_and_lose(page, form, button)
        for _ in range(2 if self._habit.repeats else 1):
            reply = self._browser.send(page, form, {}, button)
            if reply.status != HTTPStatus.OK or "data-done" not in reply.document.data:
                raise NotOnThePage(f"{page.url}: {reply.status} instead of thanks")

    def _as_typed(self, code: str) -> str:
        """As people copy a code from a sheet of paper."""
        groups = [code[start : start + 4] for start in range(0, len(code), 4)]
        return self._rng.choice((" ", "-", "")).join(groups).lower()


def _sending(page: Reply) -> Form | None:
    return next((form for form in page.document.forms if form.action.endswith("/envoyer")), None)


def _same_form(reply: Reply, form: Form) -> Form | None:
    return next((other for other in reply.document.forms if other.action == form.action), None)


def _is_fine(reply: Reply) -> bool:
    return reply.status == HTTPStatus.OK


def _number(wire: object) -> int:
    return wire if isinstance(wire, int) else int.from_bytes(from_wire(str(wire)) or b"")
