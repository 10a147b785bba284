"""A report: what was answered, theme by theme, with how it was counted. What is published too.

A report holds nothing that must not leave: tables already protected, coded counts already masked,
texts that somebody has read, accepted and chosen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from consultation.office.campaigns import Campaign
from consultation.questionnaire.columns import words
from consultation.questionnaire.model import Page
from consultation.refusals import Refusal
from consultation.results.analysis import Analysis, UnknownQuestion
from consultation.results.corpus import Corpus, OpenQuestion
from consultation.results.findings import (
    Finding,
    Findings,
    Method,
    Profile,
    finding_of,
    method_of,
)
from consultation.results.reviewing import Reviewing
from consultation.results.tagging import Tagging


class NotFinal(Refusal):
    """Les résultats se publient une fois la consultation close et tous les bulletins dépouillés."""

    status = 409
    title = "Résultats provisoires"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """What agents wrote about: a tag, and how many people; None where it is masked."""

    name: str
    people: int | None
    share: float | None


@dataclass(frozen=True, kw_only=True)
class Said:
    """One open question: how many wrote, about what, and a few of their words."""

    title: str
    people: int
    coded: int
    themes: tuple[Theme, ...]
    quotes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One theme of the questionnaire; `answer` is what the administration says of it."""

    page: str
    title: str
    findings: tuple[Finding, ...]
    said: tuple[Said, ...]
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What may be read by anyone; `scope` says of whom, when it is not of everyone."""

    title: str
    scope: str
    method: Method
    chapters: tuple[Chapter, ...]
    answer: str = ""

    def answered(self, answer: str, answers: Mapping[str, str]) -> Report:
        """The same with what the administration says, in all and by theme."""
        chapters = (replace(one, answer=answers.get(one.page, "")) for one in self.chapters)
        return replace(self, answer=answer, chapters=tuple(chapters))

    def to_json(self) -> str:
        """As it is published."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, written: str) -> Self:
        """What `to_json` wrote."""
        known = json.loads(written)
        return cls(
            title=known["title"],
            scope=known["scope"],
            answer=known["answer"],
            method=method_of(known["method"]),
            chapters=tuple(_chapter(one) for one in known["chapters"]),
        )


class Reporting:
    """Puts reports together from what each part lets out."""

    def __init__(
        self, *, analysis: Analysis, corpus: Corpus, reviewing: Reviewing, tagging: Tagging
    ) -> None:
        self._analysis = analysis
        self._corpus = corpus
        self._reviewing = reviewing
        self._tagging = tagging

    def report(
        self, campaign: Campaign, *, page: str = "", by: str = "", group: str = ""
    ) -> Report:
        """The report of a campaign, of one theme or of one group, as it stands now."""
        found = self._analysis.of(campaign)
        profile, number = _group(found, by, group)
        findings = found.of_group(by, number) if profile else found.findings
        pages = [one for one in campaign.questionnaire.pages if page in ("", one.id)]
        if not pages:
            raise UnknownQuestion
        place = group if profile and by == self._place(campaign) else None
        silent = profile is not None and place is None
        chapters = (
            Chapter(
                page=one.id,
                title=words(one.title),
                findings=tuple(f for f in findings if f.page == one.id and f.lines),
                said=() if silent else tuple(self._said(campaign, one, place)),
            )
            for one in pages
        )
        return Report(
            title=campaign.title,
            scope=profile.groups[number] if profile else "",
            method=found.method,
            chapters=tuple(one for one in chapters if one.findings or one.said),
        )

    def _said(self, campaign: Campaign, page: Page, place: str | None) -> Iterator[Said]:
        if not self._corpus.prepared(campaign):
            return
        known = {one.name: one for one in self._corpus.questions(campaign)}
        for question in page.questions:
            for text in question.open_texts():
                one = known.get(text.name)
                if one is None or one.withheld:
                    continue
                if place is None:
                    yield self._one_said(campaign, one)
                else:
                    yield from self._said_there(campaign, one, place)

    def _one_said(self, campaign: Campaign, question: OpenQuestion) -> Said:
        counts = self._tagging.counts(campaign, question.name)
        return Said(
            title=question.title,
            people=question.people,
            coded=counts.coded,
            themes=tuple(
                Theme(name=one.tag.name, people=one.people, share=one.share) for one in counts.tags
            ),
            quotes=tuple(self._reviewing.chosen(campaign, question.name)),
        )

    def _said_there(self, campaign: Campaign, question: OpenQuestion, place: str) -> Iterator[Said]:
        """The same of one place, as the file of coded counts tells it; nothing of too few texts."""
        found = self._tagging.by_place(campaign, question.name)
        if place not in found.people:
            return
        counted = {
            tag: found.of(tag, place) for tag in self._tagging.frame(campaign, question.name)
        }
        coded = next((one.base for one in counted.values()), None)
        themes = (
            Theme(name=tag.name, people=one.counts[0], share=one.shares[0])
            for tag, one in counted.items()
        )
        yield Said(
            title=question.title,
            people=found.people[place],
            coded=coded or 0,
            themes=tuple(sorted(themes, key=_most_first)) if coded else (),
            quotes=tuple(self._reviewing.chosen(campaign, question.name, place)),
        )

    def _place(self, campaign: Campaign) -> str:
        """The profile question that says where people are, if there is one."""
        return self._corpus.place_name(campaign)


def _most_first(theme: Theme) -> tuple[int, str]:
    """What is masked comes last, in an order that tells nothing."""
    return -(theme.people or 0), theme.name


def _group(found: Findings, by: str, group: str) -> tuple[Profile | None, int]:
    if not by:
        return None, 0
    profile = found.profile(by)
    if profile is None or group not in profile.codes:
        raise UnknownQuestion
    return profile, profile.codes.index(group)


def _chapter(known: Mapping[str, Any]) -> Chapter:
    findings = tuple(finding_of(one) for one in known["findings"])
    return Chapter(**{**known, "findings": findings, "said": tuple(map(_said, known["said"]))})


def _said(known: Mapping[str, Any]) -> Said:
    themes = tuple(Theme(**one) for one in known["themes"])
    return Said(**{**known, "themes": themes, "quotes": tuple(known["quotes"])})
