"""Reads a page as a browser does: its title, its forms, and what each form would send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

_UNSENT = ("submit", "button", "reset", "image", "file")


class NotOnThePage(AssertionError):
    """Something was answered or pressed that the page does not offer."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One field: free when anything may be typed, otherwise one of its possible values."""

    name: str
    value: str
    free: bool
    on: bool  # sent when nothing is changed
    many: bool = False  # several values may be sent together
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Button:
    """A submit button; `action` replaces the form's address when it is not empty."""

    name: str
    value: str
    label: str = ""
    action: str = ""


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of a page."""

    action: str
    method: str
    controls: tuple[Control, ...]
    buttons: tuple[Button, ...]

    def hidden(self, name: str) -> str:
        """The value of a hidden field; empty when there is none."""
        return next((one.value for one in self.controls if one.hidden and one.name == name), "")

    def has(self, name: str) -> bool:
        """Whether the form has a field of this name."""
        return any(one.name == name for one in self.controls)

    def button(self, value: str) -> Button:
        """The submit button carrying this value."""
        for button in self.buttons:
            if button.value == value:
                return button
        raise NotOnThePage(f"no button « {value} » in {self.action}")

    def filled(
        self, answers: Mapping[str, Sequence[str]], button: Button | None = None
    ) -> tuple[tuple[str, str], ...]:
        """What is sent when these fields are filled and this button is pressed."""
        for name, values in answers.items():
            self._check(name, values)
        unchanged = [(one.name, one.value) for one in self.controls if one.on]
        kept = [(name, value) for name, value in unchanged if name not in answers]
        given = [(name, value) for name, values in answers.items() for value in values]
        pressed = [(button.name, button.value)] if button and button.name else []
        return (*kept, *given, *pressed)

    def _check(self, name: str, values: Sequence[str]) -> None:
        controls = [one for one in self.controls if one.name == name]
        if not controls:
            raise NotOnThePage(f"no field « {name} » in {self.action}")
        if any(one.free for one in controls):
            return
        offered = {one.value for one in controls}
        if not set(values) <= offered or (len(values) > 1 and not controls[0].many):
            raise NotOnThePage(f"« {name} » cannot be {list(values)} in {self.action}")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A page as read: its title, its first heading, its forms and its `data-` attributes."""

    title: str
    heading: str
    forms: tuple[Form, ...]
    data: Mapping[str, str]


def read_document(html: str) -> Document:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Document(
        title=reader.text("title"),
        heading=reader.text("h1"),
        forms=tuple(draft.form() for draft in reader.drafts),
        data=reader.data,
    )


@dataclass(kw_only=True)
class _Draft:
    """A form while it is read."""

    action: str
    method: str
    controls: list[Control] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def form(self) -> Form:
        return Form(
            action=self.action,
            method=self.method,
            controls=tuple(self.controls),
            buttons=tuple(self.buttons),
        )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, str] = {}
        self.drafts: list[_Draft] = []
        self._form: _Draft | None = None
        self._first_option = 0  # where the options of the select being read begin
        self._select: Control | None = None
        self._field: Control | None = None
        self._button: Button | None = None
        self._texts: dict[str, list[str]] = {"title": [], "h1": [], "button": [], "textarea": []}
        self._inside = ""
        self._templates = 0  # what is in one is inert: neither shown nor sent

    def text(self, tag: str) -> str:
        """The text read in the elements of this name, blanks as one."""
        return " ".join("".join(self._texts[tag]).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        self.data.update((name, value) for name, value in at.items() if name.startswith("data-"))
        self._templates += tag == "template"
        if self._templates:
            return
        if tag in self._texts:
            self._inside = tag
        if tag == "form":
            self._form = _Draft(action=at.get("action", ""), method=at.get("method", "get").lower())
            self.drafts.append(self._form)
        elif self._form is not None:
            self._control(tag, at, self._form)

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if self._templates:
            return
        if tag == self._inside:
            self._inside = ""
        if self._form is None:
            return
        match tag:
            case "form":
                self._form = None
            case "select":
                self._close_select(self._form)
            case "textarea" if self._field:
                value = "".join(self._texts["textarea"]).removeprefix("\n")
                self._form.controls.append(replace(self._field, value=value))
                self._field = None
            case "button" if self._button:
                self._form.buttons.append(replace(self._button, label=self.text("button")))
                self._button = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._texts[self._inside].append(data)

    def _control(self, tag: str, at: Mapping[str, str], form: _Draft) -> None:
        name = at.get("name", "")
        match tag:
            case "button" if at.get("type", "submit") == "submit":
                self._texts["button"] = []
                self._button = _button(at)
            case "input" if at.get("type") == "submit":
                form.buttons.append(_button(at))
            case "input" if name and "disabled" not in at and at.get("type") not in _UNSENT:
                form.controls.append(_input(name, at))
            case "textarea" if name:
                self._texts["textarea"] = []
                self._field = Control(name=name, value="", free=True, on=True)
            case "select":
                self._select = Control(
                    name=name, value="", free=False, on=False, many="multiple" in at
                )
                self._first_option = len(form.controls)
            case "option" if self._select:
                option = replace(self._select, value=at.get("value", ""), on="selected" in at)
                form.controls.append(option)

    def _close_select(self, form: _Draft) -> None:
        """A list where nothing is chosen sends its first option."""
        options = form.controls[self._first_option :]
        if self._select and options and not self._select.many and not any(o.on for o in options):
            form.controls[self._first_option] = replace(options[0], on=True)
        self._select = None


def _button(at: Mapping[str, str]) -> Button:
    return Button(
        name=at.get("name", ""), value=at.get("value", ""), action=at.get("formaction", "")
    )


def _input(name: str, at: Mapping[str, str]) -> Control:
    kind = at.get("type", "text")
    if kind in ("radio", "checkbox"):
        return Control(
            name=name,
            value=at.get("value", "on"),
            free=False,
            on="checked" in at,
            many=kind == "checkbox",
        )
    return Control(
        name=name, value=at.get("value", ""), free=True, on=True, hidden=kind == "hidden"
    )


def fields_of(form: Form) -> Iterator[str]:
    """The names of the fields a person sees, each once, in the order of the page."""
    return iter(dict.fromkeys(one.name for one in form.controls if not one.hidden))
