"""Writes .lss files, in the layout of before translations had tables of their own, and since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Fields = Mapping[str, str | int]


def lss(tables: Mapping[str, Sequence[Fields]]) -> bytes:
    """The document that holds these tables."""
    written = "".join(_table(name, rows) for name, rows in tables.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<document>\n'
        f"<LimeSurveyDocType>Survey</LimeSurveyDocType>\n{written}</document>\n"
    ).encode()


def _table(name: str, rows: Sequence[Fields]) -> str:
    inside = "".join(
        "<row>\n"
        + "".join(f"<{key}>{escape(str(said))}</{key}>\n" for key, said in row.items())
        + "</row>\n"
        for row in rows
    )
    return f"<{name}><rows>\n{inside}</rows></{name}>\n"


class Survey:
    """Collects the rows of a survey."""

    def __init__(self, *, translated: bool = True) -> None:
        self._translated = translated
        self._next = 100
        self._group = 0
        self.tables: dict[str, list[Fields]] = {
            "surveys": [{"sid": 1, "language": "fr", "additional_languages": "en"}],
            "surveys_languagesettings": [
                {
                    "surveyls_survey_id": 1,
                    "surveyls_language": "fr",
                    "surveyls_title": "Cadre de travail",
                    "surveyls_welcometext": "<p>Bonjour <b>à tous</b> &amp; merci.</p>",
                    "surveyls_endtext": "Au revoir.",
                },
                {"surveyls_survey_id": 1, "surveyls_language": "en", "surveyls_title": "Workplace"},
            ],
            **{name: [] for name in ("groups", "group_l10ns", "questions", "subquestions")},
            **{name: [] for name in ("question_l10ns", "answers", "answer_l10ns", "conditions")},
            "question_attributes": [],
        }

    def group(self, name: str, relevance: str = "") -> int:
        """A new group; what follows is in it."""
        self._group += 1
        row = {"gid": self._group, "sid": 1, "group_order": self._group, "grelevance": relevance}
        self._told("groups", row, "group_l10ns", "gid", {"group_name": name, "description": ""})
        return self._group

    def question(
        self,
        title: str,
        type: str,
        relevance: str = "1",
        *,
        text: str = "",
        parts: Mapping[str, str] | None = None,
        columns: Mapping[str, str] | None = None,
        answers: Mapping[str, str] | None = None,
        second: Mapping[str, str] | None = None,
        attributes: Mapping[str, str] | None = None,
        parts_relevance: Mapping[str, str] | None = None,
        **fields: str,
    ) -> int:
        """A question of the current group; its identifier."""
        qid = self._id()
        row: dict[str, str | int] = {
            "qid": qid,
            "parent_qid": 0,
            "sid": 1,
            "gid": self._group,
            "type": type,
            "title": title,
            "other": "N",
            "mandatory": "N",
            "question_order": qid,
            "scale_id": 0,
            "relevance": relevance,
            **fields,
        }
        words = {"question": text or f"Question {title}", "help": ""}
        self._told("questions", row, "question_l10ns", "qid", words)
        for scale, named in enumerate((parts or {}, columns or {})):
            for code, label in named.items():
                shown = (parts_relevance or {}).get(code, "1")
                self._part(qid, type, code, label, scale, shown)
        scales = [(0, *one) for one in (answers or {}).items()]
        scales += [(1, *one) for one in (second or {}).items()]
        for order, (scale, code, label) in enumerate(scales):
            answer = {
                "aid": self._id(),
                "qid": qid,
                "code": code,
                "sortorder": order,
                "scale_id": scale,
            }
            self._told("answers", answer, "answer_l10ns", "aid", {"answer": label})
        for attribute, value in (attributes or {}).items():
            self.tables["question_attributes"].append(
                {"qid": qid, "attribute": attribute, "value": value, "language": ""}
            )
        return qid

    def condition(self, qid: int, cqid: int, field: str, value: str, **more: str | int) -> None:
        """A condition of before relevance equations."""
        row = {"cid": self._id(), "qid": qid, "cqid": cqid, "cfieldname": field, "value": value}
        self.tables["conditions"].append({**row, "method": "==", "scenario": 1, **more})

    def file(self) -> bytes:
        """The .lss file."""
        return lss(self.tables)

    def _id(self) -> int:
        self._next += 1
        return self._next

    def _part(self, parent: int, type_: str, code: str, label: str, scale: int, shown: str) -> None:
        qid = self._id()
        row = {
            "qid": qid,
            "parent_qid": parent,
            "sid": 1,
            "gid": self._group,
            "type": type_,
            "title": code,
            "question_order": qid,
            "scale_id": scale,
            "relevance": shown,
        }
        self._told("subquestions", row, "question_l10ns", "qid", {"question": label})

    def _told(
        self, table: str, row: Fields, translations: str, key: str, words: Mapping[str, str]
    ) -> None:
        if self._translated:
            self.tables[table].append(row)
            self.tables[translations].append({key: row[key], **words, "language": "fr"})
        else:
            self.tables[table].append({**row, **words, "language": "fr"})
