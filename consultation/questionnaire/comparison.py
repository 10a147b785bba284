"""What changed from one version of a questionnaire to the next, and whether answers survive it.

A change is safe when nobody answers by it, worth a warning when people were not all asked the same
or did not read the same words, breaking when an answer would be lost, hidden, or read as something
else: words that move to another code turn its answers round. What cannot be shown to be harmless is
breaking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from consultation.questionnaire.conditions import Condition, Json, Or
from consultation.questionnaire.elements import Option, Text
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.problems import did_you_mean
from consultation.questionnaire.rewording import Effect, Rewording, Said, Texts

EFFECTS: Mapping[Effect, str] = {
    "breaking": "cassant",
    "warning": "à vérifier",
    "safe": "sans risque",
}
"""The gravest first."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference: where in the new file (0 when it is no longer there), and what it does."""

    kind: Effect
    what: str  # a question, a page, or '' for the whole
    message: str
    line: int = 0


def compare(old: Questionnaire, new: Questionnaire) -> tuple[Change, ...]:
    """Every change, the gravest first, then in the order of the new file."""
    both = tuple(language for language in old.languages if language in new.languages)
    rewording = Rewording(both or (new.lang,))
    found = (
        *_whole(old, new, rewording),
        *_pages(old, new, rewording),
        *_removed(old, new),
        *_questions(old, new, rewording),
    )
    order = list(EFFECTS)
    return tuple(sorted(found, key=lambda one: (order.index(one.kind), one.line)))


def breaks(changes: Sequence[Change]) -> bool:
    """Whether answers to the old version could not be kept."""
    return any(change.kind == "breaking" for change in changes)


def describe_change(change: Change) -> str:
    """The change on one line, for people."""
    line = f"ligne {change.line}, " if change.line else ""
    what = f"{line}{change.what} : " if change.what else ""
    return f"{EFFECTS[change.kind]} – {what}{change.message}"


def summary(changes: Sequence[Change]) -> str:
    """How many changes of each kind."""
    counts = {said: sum(one.kind == kind for one in changes) for kind, said in EFFECTS.items()}
    told = ", ".join(f"{count} {said}" for said, count in counts.items() if count)
    return f"Changements : {told}." if told else "Rien ne change."


# The whole


def _whole(old: Questionnaire, new: Questionnaire, rewording: Rewording) -> Iterator[Change]:
    def change(kind: Effect, message: str) -> Change:
        return Change(kind=kind, what="", message=message)

    if old.id != new.id:
        yield change("breaking", f"L’identifiant « {old.id} » devient « {new.id} ».")
    if old.lang != new.lang:
        yield change("breaking", f"La langue « {old.lang} » devient « {new.lang} ».")
    if {name for name, _ in old.audiences} != {name for name, _ in new.audiences}:
        yield change("breaking", "Les publics ne sont plus les mêmes : chacun a sa clé.")
    if old.generalisation != new.generalisation:
        yield change("breaking", "L’export serait généralisé autrement que ce qui a été annoncé.")
    if old.digest != new.digest and new.version <= old.version:
        yield change("warning", "Le numéro de version n’a pas augmenté.")
    yield from (change(*one) for one in _around(old, new, rewording))


def _around(old: Questionnaire, new: Questionnaire, rewording: Rewording) -> Iterator[Said]:
    for language in sorted(set(old.languages) - set(new.languages)):
        yield "warning", f"La version « {language} » disparaît."
    for language in sorted(set(new.languages) - set(old.languages)):
        yield "safe", f"La version « {language} » s’ajoute."
    for name, subject in _WHOLE_TEXTS.items():
        yield from rewording.of(subject, getattr(old, name), getattr(new, name))
    yield from rewording.by_code(
        "Le public « {} »".format, dict(old.audiences), dict(new.audiences)
    )
    for name, subject in _WHOLE_SETTINGS.items():
        if getattr(old, name) != getattr(new, name):
            yield "safe", f"{subject} change."


_WHOLE_TEXTS = {
    "title": "Le titre",
    "intro": "Le texte d’accueil",
    "end": "Le texte de fin",
}
_WHOLE_SETTINGS = {
    "minutes": "La durée annoncée",
    "review": "La relecture avant l’envoi",
}


# Pages


def _pages(old: Questionnaire, new: Questionnaire, rewording: Rewording) -> Iterator[Change]:
    known = {page.id: page for page in old.pages}
    kept = [page.id for page in new.pages if page.id in known]
    if kept != [page.id for page in old.pages if page.id in set(kept)]:
        yield Change(kind="warning", what="", message="L’ordre des pages change.")
    for page in old.pages:
        if new.page(page.id) is None:
            said = "Cette page disparaît : qui s’y était arrêté reprendra au début."
            yield Change(kind="warning", what=page.id, message=said)
    for page in new.pages:
        if page.id in known:
            yield from _page(known[page.id], page, rewording)
        else:
            said = "Cette page s’ajoute : les personnes déjà passées ne la verront pas."
            yield Change(kind="warning", what=page.id, message=said, line=page.line)


def _page(old: Page, new: Page, rewording: Rewording) -> Iterator[Change]:
    for kind, message in _of_page(old, new, rewording):
        yield Change(kind=kind, what=new.id, message=message, line=new.line)


def _of_page(old: Page, new: Page, rewording: Rewording) -> Iterator[Said]:
    yield from _condition(old.show_if, new.show_if, "La page")
    yield from rewording.of("Le titre de la page", old.title, new.title)
    yield from rewording.of("L’introduction de la page", old.intro, new.intro)
    if old.shuffle != new.shuffle:
        yield "warning", "L’ordre tiré au sort change."
    before, after = ([_shape(one.warn_if) for one in page.checks] for page in (old, new))
    if before != after:
        yield "warning", "Les contrôles de la page changent."
    for was, becomes in zip(old.checks, new.checks, strict=False):
        yield from rewording.of("Le message d’un contrôle", was.message, becomes.message)


# Questions


def _removed(old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    added = [question.id for question in new.questions if question.id not in old.by_id]
    for question in old.questions:
        if question.id not in new.by_id:
            said = "Cette question disparaît, et ses réponses avec elle."
            message = said + _guess(question.id, added)
            yield Change(kind="breaking", what=question.id, message=message)


def _guess(lost: str, added: Iterable[str]) -> str:
    """What it may have become."""
    guess = did_you_mean(lost, added)
    return f" {guess}" if guess.startswith("Vouliez") else ""


def _questions(old: Questionnaire, new: Questionnaire, rewording: Rewording) -> Iterator[Change]:
    where = {one.id: page.id for page in old.pages for one in page.questions}
    for page in new.pages:
        for question in page.questions:
            before = old.by_id.get(question.id)
            for kind, message in _question(before, question, rewording):
                yield Change(kind=kind, what=question.id, message=message, line=question.line)
            if before and where[question.id] != page.id:
                moved: Effect = "breaking" if page.show_if else "warning"
                said = "La question change de page."
                yield Change(kind=moved, what=question.id, message=said, line=question.line)
    for kind, message in rewording.by_code("La question « {} »".format, _asked(old), _asked(new)):
        yield Change(kind=kind, what="", message=message)


def _asked(q: Questionnaire) -> Texts:
    """The words of each question that is answered."""
    return {one.id: one.text for one in q.questions if one.asks}


def _question(old: Question | None, new: Question, rewording: Rewording) -> Iterator[Said]:
    if old is None:
        if new.required:
            yield "breaking", "Cette question s’ajoute et exige une réponse."
        else:
            yield "warning", "Cette question s’ajoute : certaines personnes ne la verront pas."
        return
    if type(old) is not type(new):
        yield "breaking", "Le type de la question change."
        return
    yield from _condition(old.show_if, new.show_if, "La question")
    yield from _common(old, new)
    yield from _around_answer(old, new, rewording)
    yield from _bounds(old, new)
    yield from _options(old, new, rewording)
    yield from _rows(old, new, rewording)
    yield from old.changes(new, rewording)


def _common(old: Question, new: Question) -> Iterator[Said]:
    if new.required and not old.required:
        yield "breaking", "La question exige désormais une réponse."
    elif old.required and not new.required:
        yield "warning", "La question n’exige plus de réponse."
    for name, said in _PROMISES.items():
        if getattr(old, name) != getattr(new, name):
            yield "breaking", f"{said} : ce n’est plus ce que les personnes ont lu en répondant."


def _around_answer(old: Question, new: Question, rewording: Rewording) -> Iterator[Said]:
    """The words around what is answered."""
    yield from rewording.of("L’aide", old.hint, new.hint)
    yield from rewording.of("Le rappel", old.reminder, new.reminder)
    if old.required and new.required:
        yield from rewording.of("Le message d’une réponse qui manque", old.required, new.required)
    before, after = (_definitions(one, rewording) for one in (old, new))
    yield from rewording.of("Les définitions", before, after)


def _definitions(question: Question, rewording: Rewording) -> Text | None:
    """Every word explained, in one text."""
    return Text(
        tuple(
            (
                language,
                " ".join(
                    f"{one.term.to(language)} : {one.text.to(language)}"
                    for one in question.definitions
                ),
            )
            for language in rewording.languages
        )
    )


_PROMISES = {
    "profile": "La place de la question dans les règles de confidentialité change",
    "sensitive": "Le caractère sensible de la question change",
    "export": "La diffusion des réponses change",
}


def _bounds(old: Question, new: Question) -> Iterator[Said]:
    """What may be answered: more is worth a look, less refuses what was accepted."""
    for name, (after, way) in new.limits.items():
        before, _ = old.limits[name]
        if before == after:
            continue
        if way and _is_wider(before, after, way):
            yield "warning", f"« {name} » passe de {_shown(before)} à {_shown(after)}."
        else:
            yield "breaking", f"« {name} » passe de {_shown(before)} à {_shown(after)}."
    if old.random != new.random:
        yield "warning", "L’ordre des réponses n’est plus tiré au sort de la même façon."


def _is_wider(before: object, after: object, way: int) -> bool:
    if after in (None, ""):
        return True
    if isinstance(before, str) and isinstance(after, str):
        return before != "" and (after > before) == (way > 0)  # ISO dates
    if isinstance(before, int | float) and isinstance(after, int | float):
        return (after > before) == (way > 0)
    return False


def _shown(value: object) -> str:
    return "rien" if value in (None, "") else str(value)


def _options(old: Question, new: Question, rewording: Rewording) -> Iterator[Said]:
    for code in old.by_code:
        if code not in new.by_code:
            guess = _guess(code, set(new.by_code) - set(old.by_code))
            yield "breaking", f"La réponse « {code} » disparaît.{guess}"
    for code, option in new.by_code.items():
        if code in old.by_code:
            yield from _option(old.by_code[code], option)
        else:
            yield "warning", f"La réponse « {code} » s’ajoute : elle n’a pas été proposée à tous."
    for name, subject in _BESIDE_A_CODE.items():
        before, after = (_texts(one, name) for one in (old, new))
        yield from rewording.by_code(subject.format, before, after)
    kept = [code for code in new.by_code if code in old.by_code]
    if kept != [code for code in old.by_code if code in new.by_code]:
        yield "warning", "L’ordre des réponses change."


_BESIDE_A_CODE = {
    "label": "La réponse « {} »",
    "hint": "L’aide de la réponse « {} »",
}


def _texts(question: Question, name: str) -> Texts:
    return {code: getattr(option, name) for code, option in question.by_code.items()}


def _option(old: Option, new: Option) -> Iterator[Said]:
    name = f"La réponse « {new.code} »"
    yield from _condition(old.show_if, new.show_if, name)
    if new.other < old.other:
        yield "breaking", f"{name} admet moins de texte."
    elif new.other > old.other:
        yield "warning", f"{name} admet plus de texte."
    if (old.exclusive, old.apart) != (new.exclusive, new.apart):
        yield "breaking", f"{name} n’est plus comptée de la même façon."
    if old.last != new.last:
        yield "safe", f"{name} change de place dans un ordre tiré au sort."


def _rows(old: Question, new: Question, rewording: Rewording) -> Iterator[Said]:
    before, kept = {row.id: row for row in old.rows}, {row.id for row in new.rows}
    for name in before:
        if name not in kept:
            yield "breaking", f"La ligne « {name} » disparaît, et ses réponses avec elle."
    for row in new.rows:
        if row.id in before:
            yield from _condition(before[row.id].show_if, row.show_if, f"La ligne « {row.id} »")
        else:
            yield "warning", f"La ligne « {row.id} » s’ajoute : elle n’a pas été proposée à tous."
    was, becomes = ({row.id: row.label for row in matrix.rows} for matrix in (old, new))
    yield from rewording.by_code("La ligne « {} »".format, was, becomes)


# Conditions


def _condition(old: Condition | None, new: Condition | None, subject: str) -> Iterator[Said]:
    """Whoever saw it must still see it."""
    if _shape(old) == _shape(new):
        return
    if new is None or (old is not None and _widens(old, new)):
        yield "warning", f"{subject} se montre à plus de personnes."
    else:
        yield (
            "breaking",
            f"{subject} peut être cachée à qui l’a déjà remplie : sa condition change.",
        )


def _widens(old: Condition, new: Condition) -> bool:
    """Whether the new one is the old one, « or » something else: nobody loses what they saw."""
    terms = new.ast.terms if isinstance(new.ast, Or) else ()
    return _shape(old) in [_without_lists(term.to_json()) for term in terms]


def _shape(condition: Condition | None) -> Json:
    """What it asks, named conditions spelt out; what lists say is compared with the lists."""
    return _without_lists(condition.to_json()) if condition else None


def _without_lists(tree: Json) -> Json:
    if isinstance(tree, Mapping):
        return {name: _without_lists(part) for name, part in tree.items() if name != "values"}
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        return [_without_lists(part) for part in tree]
    return tree
