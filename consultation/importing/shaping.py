"""Questions brought to what our types admit; whatever changes is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from consultation.importing.form import Item, Option, Remark, Row, Words
from consultation.questionnaire.dates import YEARS
from consultation.questionnaire.keys import MAX_LONG, MAX_SHORT, MAX_STEPS
from consultation.questionnaire.kinds.matrix import MAX_COLUMNS
from consultation.questionnaire.kinds.text import USUAL

MOST = 999_999_999  # in figures, our numbers have nine at most


@dataclass(frozen=True, kw_only=True)
class Shaped:
    """A question of ours, the line of the grid it comes from, and what changed."""

    item: Item
    row: str = ""
    remarks: tuple[Remark, ...] = ()


def shape(item: Item) -> tuple[Shaped, ...]:
    """The question, or one for each line of a grid that ours cannot hold."""
    item, twice = _once(item)
    if item.kind == "info":
        told = Remark(kind="fault", place=item.place, said="un texte à lire n’a rien à contrôler")
        kept = replace(item, controls=(), required=False)
        return (Shaped(item=kept, remarks=(told,) if item.controls else ()),)
    if item.kind == "matrix":
        grid = list(_grid(item))
        return (replace(grid[0], remarks=(*twice, *grid[0].remarks)), *grid[1:])
    shaped = Shaped(item=item)
    if item.kind in ("choice", "choices", "rank"):
        shaped = _with_options(item)
    elif item.kind == "date":
        shaped = _dates(item)
    return (replace(shaped, item=_settled(shaped.item), remarks=(*twice, *shaped.remarks)),)


NO: Words = {"fr": "Non", "en": "No"}
NO_CODE = "non"


def _once(item: Item) -> tuple[Item, tuple[Remark, ...]]:
    """Each code and each line once."""
    options = {one.code: one for one in reversed(item.options)}
    rows = {one.name: one for one in reversed(item.rows)}
    lost = len(item.options) - len(options) + len(item.rows) - len(rows)
    if not lost:
        return item, ()
    said = f"codes en double : {lost} réponses ou lignes ne sont pas reprises"
    kept = replace(
        item,
        options=tuple(one for one in item.options if options[one.code] is one),
        rows=tuple(one for one in item.rows if rows[one.name] is one),
    )
    return kept, (Remark(kind="fault", place=item.place, said=said),)


def _grid(item: Item) -> Iterator[Shaped]:
    if not item.rows:
        said = "la grille n’a aucune ligne ; il en reste le texte"
        bare = replace(item, kind="info", options=(), required=False, controls=())
        yield _told(bare, said)
        return
    if len(item.rows) >= 2 and 2 <= len(item.options) <= MAX_COLUMNS:
        options = tuple(replace(one, other=0, exclusive=False) for one in item.options)
        yield Shaped(item=replace(item, options=options))
        return
    for row in item.rows:
        alone = _with_options(_line(item, row))
        said = f"la ligne « {row.name} » de la grille devient une question"
        remark = Remark(kind="changed", place=item.place, said=said)
        yield replace(
            alone, item=_settled(alone.item), row=row.name, remarks=(remark, *alone.remarks)
        )


def _line(item: Item, row: Row) -> Item:
    text = {
        language: f"{words} – {row.label.get(language, '')}".strip(" –")
        for language, words in item.text.items()
    }
    return replace(
        item,
        name=f"{item.name}_{row.name}",
        kind="choice",
        text=text or row.label,
        rows=(),
        rules=(*item.rules, *row.rules),
    )


def _with_options(item: Item) -> Shaped:
    if not item.options:
        said = (
            "aucune réponse possible n’est écrite dans le fichier ; elle se répond en texte libre"
        )
        return _told(replace(item, kind="text", settings={}), said)
    if len(item.options) == 1:
        code = NO_CODE if item.options[0].code != NO_CODE else f"{NO_CODE}_2"
        other = Option(code=code, label=NO, value=False)
        kept = replace(item.options[0], exclusive=False)
        said = "une seule réponse possible : « Non » lui est ajoutée"
        return _told(replace(item, kind="choice", options=(kept, other), settings={}), said)
    others = [one.code for one in item.options if one.other]
    options = tuple(
        replace(
            one,
            other=one.other if one.code in others[:1] and item.kind != "rank" else 0,
            exclusive=one.exclusive and item.kind == "choices",
        )
        for one in item.options
    )
    if len(others) > 1:
        said = f"seule « {others[0]} » garde une précision en texte libre"
        return _told(replace(item, options=options), said)
    return Shaped(item=replace(item, options=options))


def _dates(item: Item) -> Shaped:
    """A date within the years in which ours are given."""
    years = f"{YEARS[0]} à {YEARS[1]}"
    low, high = f"{YEARS[0]}-01-01", f"{YEARS[1]}-12-31"
    bounds = {key: str(item.settings[key]) for key in ("min", "max") if key in item.settings}
    first, last = bounds.get("min", low), bounds.get("max", high)
    bare = {key: value for key, value in item.settings.items() if key not in bounds}
    if first > high or last < low:
        said = f"aucune de ses dates n’est des années {years} : elle devient un texte"
        return _told(replace(item, kind="text", settings={}), said)
    if first > last:
        said = f"aucune date ne va de {first} à {last} : ces bornes ne sont pas reprises"
        told = Remark(kind="fault", place=item.place, said=said)
        return Shaped(item=replace(item, settings=bare), remarks=(told,))
    within = {key: value for key, value in bounds.items() if low <= value <= high}
    item = replace(item, settings={**bare, **within})
    if within == bounds:
        return Shaped(item=item)
    beyond = ", ".join(value for value in bounds.values() if value not in within.values())
    return _told(item, f"la borne {beyond} n’est pas reprise : une date est ici des années {years}")


def _told(item: Item, said: str) -> Shaped:
    return Shaped(item=item, remarks=(Remark(kind="changed", place=item.place, said=said),))


def _settled(item: Item) -> Item:
    """Settings within the bounds of our language; those out of them are left out."""
    settings = dict(item.settings)
    match item.kind:
        case "choices":
            settings = _counts(settings, len(item.options))
        case "rank":
            top = int(settings.get("top", 0)) or len(item.options)
            settings["top"] = max(1, min(top, len(item.options)))
        case "choice":
            if len(item.options) > 20:
                settings.setdefault("as", "search")
        case "number":
            settings = _bounds(settings)
        case "text" | "longtext":
            return _lengths(item)
        case "scale":
            return _steps(item)
    return replace(item, settings=settings)


def _counts(settings: Mapping[str, str | int | float], most: int) -> dict[str, str | int | float]:
    kept = dict(settings)
    for key in ("min", "max"):
        value = kept.pop(key, 0)
        if isinstance(value, int) and 0 < value <= most and not (key == "max" and value == most):
            kept[key] = value
    if int(kept.get("min", 0)) > int(kept.get("max", most)):
        kept.pop("min")
    return kept


def _bounds(settings: Mapping[str, str | int | float]) -> dict[str, str | int | float]:
    kept = dict(settings)
    for key in ("min", "max"):
        value = kept.get(key)
        if value is not None and not (isinstance(value, int | float) and abs(value) <= MOST):
            kept.pop(key)
    if float(kept.get("min", -MOST)) > float(kept.get("max", MOST)):
        kept.pop("min")
    if not 0 < int(kept.get("decimals", 0)) <= 6:
        kept.pop("decimals", None)
    return kept


def _lengths(item: Item) -> Item:
    length = int(item.settings.get("max_length", 0))
    if item.kind == "text" and length > MAX_SHORT:
        return replace(item, kind="longtext", settings={"max_length": min(length, MAX_LONG)})
    if item.kind == "longtext":
        return replace(item, settings={"max_length": min(length or MAX_LONG // 2, MAX_LONG)})
    return replace(item, settings={"max_length": length} if 0 < length != USUAL else {})


def _steps(item: Item) -> Item:
    start, stop = int(item.settings.get("from", 0)), int(item.settings.get("to", 10))
    if 1 <= stop - start < MAX_STEPS and abs(start) <= 100 and abs(stop) <= 100:
        return item
    settings = {"min": min(start, stop), "max": max(start, stop)}
    return replace(item, kind="number", settings=_bounds(settings), ends=None, words={})
