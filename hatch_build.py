"""Brings the subset of the State's design system that we use into the package, at build time.

Third-party files are not kept with ours: they come from a pinned package whose hash is checked,
through the person's own pip and its configuration. Nothing is downloaded when the folder already
holds what this file would make.
"""

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "django-dsfr==3.6.1"
SHA256 = "c59bb7db779d7a605f5be26c9d9f0dfe4a44073f861148df5a22c85bdb250067"
DIST = PurePosixPath("dsfr/static/dsfr/dist")
LICENCE = "django_dsfr-3.6.1.dist-info/licenses/LICENSE"
TARGET = Path("consultation/static/dsfr")
BESIDE = ("templates", "migrations", "questionnaires")

SURVEY = ["skiplink", "logo", "header", "footer", "link", "button", "form", "radio", "checkbox"]
SURVEY += ["select", "input", "alert", "callout", "stepper"]
OFFICE = [
    "badge",
    "table",
    "notice",
    "upload",
    "password",
    "tag",
    "breadcrumb",
    "search",
    "navigation",
]
OFFICE += ["pagination", "tile", "card"]
FONTS = ("Marianne-Regular", "Marianne-Medium", "Marianne-Bold")

NOTICE = f"""Système de design de l’État (DSFR) 1.14.4, extrait de {SOURCE} (sha256 {SHA256}).
Code : licence MIT, https://github.com/GouvernementFR/dsfr/blob/main/LICENSE.md
Police Marianne et marque de l’État : réservées aux services de l’État,
https://www.systeme-de-design.gouv.fr/a-propos/conditions-d-utilisation
Modifications : sous-ensemble des composants, des classes utilitaires et des variables ;
images « data: » mises en fichiers ; police affichée si elle arrive à temps.
Paquet django-dsfr : voir LICENSE-django-dsfr.txt.
"""

UNUSED = re.compile(
    r"\.fr-(?:[mp][trblxy]?-(?:sm|md|lg|xl)-|col\b|grid-row|(?:un)?hidden|displayed|sr-only-"
    r"|container-|responsive|modal|nav\b|collapse|range|translate|no-scroll|artwork)"
)
"""Utilities and components that no page uses, a quarter of what is read before text shows."""

OURS = ("--text-", "--background-", "--border-")
"""The variables our own style may use; of the others, those that nothing uses are left out."""

BLOCK = re.compile(
    r"(?P<media>@[^{};]+)\{(?P<inside>(?:[^{}]*\{[^{}]*\})*)\s*\}"
    r"|(?P<selectors>[^{}@]+)\{(?P<body>[^{}]*)\}"
)
ROOT = re.compile(r":root\{--[^}]{20000,}\}")  # where the variables are declared
VARIABLE = re.compile(r"var\((--[\w-]+)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
URL = re.compile(r"""url\((?:"([^"]*)"|'([^']*)'|([^)'"]*))\)""")
FONT_FACE = re.compile(r"@font-face\{[^}]*\}")


class DesignSystemMissing(Exception):
    """The design system could not be obtained; the message says what to do."""


class DesignSystemHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before a wheel is built, editable or not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure the design system is there, and take the folders beside the package."""
        root = Path(self.root)
        bring_design_system(root / TARGET)
        if version != "editable":
            build_data["force_include"] |= {
                str(root / name): f"consultation/{name}" for name in BESIDE
            }


def bring_design_system(target: Path) -> None:
    """Fill `target`; repeating changes nothing."""
    marker = target / "MARKER"
    if marker.exists() and marker.read_text() == _marker():
        return
    with tempfile.TemporaryDirectory() as folder:
        extract(_download(Path(folder)), Path(folder) / "dsfr")
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(Path(folder) / "dsfr", target)
    marker.write_text(_marker())


def extract(wheel: Path, target: Path) -> None:
    """Write to `target` the subset of `wheel` that the pages use."""
    target.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        subset = Subset(archive, target)
        survey = subset.stylesheet(["core/core", *_components(SURVEY)])
        office = subset.stylesheet(_components(OFFICE))
        (target / "survey.css").write_text(lighter(survey, office), encoding="utf-8")
        (target / "office.css").write_text(office, encoding="utf-8")
        (target / "LICENSE-django-dsfr.txt").write_bytes(archive.read(LICENCE))
    (target / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
    for path in target.glob("*.css"):
        packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
        path.with_name(f"{path.name}.gz").write_bytes(packed)


def lighter(css: str, beside: str) -> str:
    """The stylesheet without what nothing uses, in it or in the one `beside` it."""
    css = BLOCK.sub(_used_rules, css)
    [root] = ROOT.findall(css)
    lines = root.removeprefix(":root{").removesuffix("}").split(";")
    declared = dict(line.split(":", 1) for line in lines if line.startswith("--"))
    used = _used_variables(css.replace(root, "") + beside, declared)
    kept = (line for line in lines if not line.startswith("--") or line.split(":")[0] in used)
    return css.replace(root, f":root{{{';'.join(kept)}}}")


def _used_rules(block: re.Match[str]) -> str:
    if block["media"]:
        inside = BLOCK.sub(_used_rules, block["inside"])
        return f"{block['media']}{{{inside}}}" if "{" in inside else ""
    licences = "".join(one for one in COMMENT.findall(block["selectors"]) if one.startswith("/*!"))
    selectors = re.split(r",(?![^(]*\))", COMMENT.sub("", block["selectors"]))
    kept = [selector for selector in selectors if not UNUSED.search(selector)]
    return f"{licences}{','.join(kept)}{{{block['body']}}}" if kept else licences


def _used_variables(css: str, declared: dict[str, str]) -> set[str]:
    """Those that the style uses, those that we may use, and those that these need."""
    used: set[str] = set()
    found = set(VARIABLE.findall(css)) | {name for name in declared if name.startswith(OURS)}
    while found:
        used |= found
        found = {
            name for known in found for name in VARIABLE.findall(declared.get(known, ""))
        } - used
    return used


@dataclass(frozen=True)
class Subset:
    """Copies stylesheets, and every image and font they name."""

    archive: zipfile.ZipFile
    target: Path
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(self.archive.namelist()))

    def stylesheet(self, parts: list[str]) -> str:
        """One stylesheet made of the screen and print rules of `parts`."""
        sheets = [
            self._read(DIST / f"{part}.{medium}.min.css")
            for part in parts
            for medium in ("main", "print")
        ]
        return "\n".join(filter(None, sheets))

    def _read(self, path: PurePosixPath) -> str:
        if str(path) not in self.names:
            return ""
        css = self.archive.read(str(path)).decode("utf-8-sig")
        css = FONT_FACE.sub(lambda rule: _lighter_font(rule[0]), css)
        return URL.sub(lambda url: f"url({self._local(path.parent, _address(url))})", css)

    def _local(self, folder: PurePosixPath, address: str) -> str:
        if address.startswith("data:"):
            return self._inline_image(address)
        source = _resolve(folder / address)
        local = source.relative_to(DIST)
        self._write(local, self.archive.read(str(source)))
        return str(local)

    def _inline_image(self, address: str) -> str:
        head, _, body = address.partition(",")
        if not head.startswith("data:image/svg+xml") or "base64" in head:
            raise ValueError(head)
        image = unquote(body).encode()
        local = PurePosixPath("images", f"{hashlib.sha256(image).hexdigest()[:12]}.svg")
        self._write(local, image)
        return str(local)

    def _write(self, local: PurePosixPath, content: bytes) -> None:
        path = self.target / local
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _components(names: list[str]) -> list[str]:
    return [f"component/{name}/{name}" for name in names]


def _lighter_font(rule: str) -> str:
    """Only the weights in use, in the format every supported browser reads.

    A font that comes late would move the text under a reader's eyes: it is for the next page.
    """
    kept = next((font for font in FONTS if f"{font}.woff2" in rule), None)
    rule = rule.replace("font-display:swap", "font-display:optional")
    return re.sub(r",\s*url\([^)]*\.woff\) format\([^)]*\)", "", rule) if kept else ""


def _address(url: re.Match[str]) -> str:
    return next(group for group in url.groups() if group is not None)


def _resolve(path: PurePosixPath) -> PurePosixPath:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def _marker() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _download(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{SOURCE} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--dest", str(folder), "--requirement", str(requirements)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        raise DesignSystemMissing(
            f"Le système de design de l’État ({SOURCE}) n’a pas pu être téléchargé.\n"
            "Vérifiez la connexion et la configuration de pip, puis relancez la commande.\n\n"
            f"{result.stderr.strip()}"
        )
    return next(folder.glob("*.whl"))
