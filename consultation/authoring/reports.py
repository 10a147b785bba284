"""What `check` found, for people, for programs, and for the two tools that annotate changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from consultation.questionnaire.loading import Loaded
from consultation.questionnaire.problems import SEVERITIES, Problem, Severity

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, kw_only=True)
class Report:
    """One file, and everything there is to say of it."""

    path: Path
    loaded: Loaded

    @property
    def problems(self) -> Sequence[Problem]:
        """In the order of the file, the lists it names last."""
        return self.loaded.problems

    def count(self, severity: Severity) -> int:
        """How many problems are that grave."""
        return sum(problem.severity == severity for problem in self.problems)

    def place(self, problem: Problem) -> str:
        """The file at fault as one would open it from here."""
        return Path(os.path.normpath(self.path.parent / problem.file)).as_posix()


def exit_code(reports: Sequence[Report]) -> int:
    """0 when nothing is to be done, 1 for warnings, 2 for errors."""
    if any(report.count("error") for report in reports):
        return 2
    return 1 if any(report.count("warning") for report in reports) else 0


def as_text(reports: Sequence[Report]) -> str:
    """Each problem with its line and a caret, then a count."""
    blocks = []
    for report in reports:
        blocks += [str(replace(one, file=report.place(one))) for one in report.problems]
        blocks.append(f"{report.path} : {_counted(report)}.")
    return "\n".join(blocks)


def as_json(reports: Sequence[Report]) -> str:
    """Everything, for programs."""
    files = [
        {
            "path": report.path.as_posix(),
            "digest": report.loaded.questionnaire.digest if report.loaded.questionnaire else "",
            "errors": report.count("error"),
            "warnings": report.count("warning"),
            "notes": report.count("note"),
            "problems": [
                {**asdict(problem), "file": report.place(problem)} for problem in report.problems
            ],
        }
        for report in reports
    ]
    return json.dumps({"files": files}, ensure_ascii=False, indent=2)


def as_github(reports: Sequence[Report]) -> str:
    """Annotations as GitHub reads them in the output of an action."""
    levels: Mapping[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
    return "\n".join(
        f"::{levels[one.severity]} file={_property(report.place(one))},line={one.line},"
        f"col={one.column},title={_property(one.code)}::{_data(_said(one))}"
        for report in reports
        for one in report.problems
    )


def as_sarif(reports: Sequence[Report]) -> str:
    """SARIF 2.1.0, which forges and editors read."""
    rules = sorted({problem.code for report in reports for problem in report.problems})
    results = [_result(report, problem) for report in reports for problem in report.problems]
    driver = {"name": "consultation check", "rules": [{"id": rule} for rule in rules]}
    run = {"tool": {"driver": driver}, "results": results}
    sarif = {"$schema": SARIF, "version": "2.1.0", "runs": [run]}
    return json.dumps(sarif, ensure_ascii=False, indent=2)


FORMATS: Mapping[str, Callable[[Sequence[Report]], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


def _counted(report: Report) -> str:
    counts = {severity: report.count(severity) for severity in SEVERITIES}
    said = [
        f"{count} {SEVERITIES[severity]}{'s' if count > 1 else ''}"
        for severity, count in counts.items()
        if count
    ]
    return ", ".join(said) or "rien à signaler"


def _said(problem: Problem) -> str:
    return f"{problem.message} {problem.remedy}".strip()


def _result(report: Report, problem: Problem) -> Mapping[str, object]:
    region = {"startLine": problem.line, "startColumn": problem.column}
    place = {"artifactLocation": {"uri": report.place(problem)}, "region": region}
    return {
        "ruleId": problem.code,
        "level": problem.severity,
        "message": {"text": _said(problem)},
        "locations": [{"physicalLocation": place}],
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
