"""The synthetic browser reads a form as a real one does."""

import pytest

from consultation.demo.forms import Form, NotOnThePage, read_document

PAGE = """<!doctype html><html lang="fr"><head><title>Votre avis
  – Étape 1</title></head><body data-done=""><h1>Votre <em>avis</em></h1>
<form method="post" action="/q/c/a/pages/un">
  <button type="submit" name="action" value="suite" hidden>Continuer</button>
  <input type="hidden" name="seed" value="ab">
  <input type="radio" name="service" value="pref"><input type="radio" name="service" value="ddt">
  <input type="checkbox" name="outils" value="a" checked>
  <input type="checkbox" name="outils" value="b">
  <select name="lieu"><option value="">Aucune</option><optgroup><option value="D01">Ain</option>
  </optgroup></select>
  <textarea name="idee">
déjà &amp; là</textarea>
  <input name="age" inputmode="numeric" value="3">
  <input name="muet" disabled value="x">
  <button name="action" value="retour" formaction="/ailleurs">Page précédente</button>
</form><input name="dehors" value="1"></body></html>"""


@pytest.fixture
def form() -> Form:
    return read_document(PAGE).forms[0]


def test_an_untouched_form_sends_what_it_holds(form: Form) -> None:
    assert form.filled({}) == (
        ("seed", "ab"),
        ("outils", "a"),
        ("lieu", ""),
        ("idee", "déjà & là"),
        ("age", "3"),
    )


def test_answers_and_the_pressed_button_are_sent(form: Form) -> None:
    sent = form.filled({"service": ["ddt"], "outils": ["a", "b"]}, form.button("suite"))

    assert sent[-4:] == (("service", "ddt"), ("outils", "a"), ("outils", "b"), ("action", "suite"))


@pytest.mark.parametrize(
    "answers", [{"service": ["autre"]}, {"service": ["pref", "ddt"]}, {"dehors": ["1"]}]
)
def test_what_the_page_does_not_offer_cannot_be_sent(
    form: Form, answers: dict[str, list[str]]
) -> None:
    with pytest.raises(NotOnThePage):
        form.filled(answers)


def test_a_page_tells_its_title_heading_marks_and_buttons(form: Form) -> None:
    page = read_document(PAGE)

    assert page.title == "Votre avis – Étape 1"
    assert page.heading == "Votre avis"
    assert page.data == {"data-done": ""}
    assert form.button("retour").action == "/ailleurs"
    assert [button.label for button in form.buttons] == ["Continuer", "Page précédente"]
