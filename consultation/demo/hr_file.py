"""The file a human resources office would send: what Excel saves, with what people get wrong."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

FEWEST_PEOPLE = 30
_SENIORS_FROM = 120  # lines: below that, thirty senior officials would be a quarter of the roll
_WRONG = ("{}@ain", "{}@@ain.exemple.gouv.fr", "{} ain.exemple.gouv.fr")

_FIRST_NAMES = (
    "Aïcha Agnès Amélie Antoine Aurélie Benoît Béatrice Camille Cédric Chloé Claire Clément "
    "Danièle David Élodie Émile Farid Fatou Françoise Frédéric Gaëlle Geneviève Hélène Hervé "
    "Inès Isabelle Jérôme Joëlle Julien Karim Laëtitia Laurent Léa Loïc Maëlle Malik Marguerite "
    "Mathieu Mélanie Mickaël Nadia Noël Océane Patrick Pénélope Quentin Raphaël Régine Samia "
    "Sébastien Solène Stéphane Thérèse Thibault Valérie Véronique Xavier Yann Yasmine Zoé"
)
_NAMES = (
    "Abadie Allègre Amrani Barthélemy Baudouin Besnard Blanchet Bérard Caradec Castéra Chauvière "
    "Coëtmeur Cordier Daguerre Delaunay Desprès Diallo Doucet Dubœuf Élie Etcheverry Fabre "
    "Fauchère Ferrand Gaillard Garnier Gauthier Girard Guérin Hamadi Hébert Hoarau Jaouen Joubert "
    "Kervella Lacœuille Lefèvre Lemaître Lépine Maréchal Mercier Morvan Müller Nédélec Nguyen "
    "Oudinot Payet Pélissier Perrin Prévost Quéméner Rivière Rousseau Ségalen Tessier Thévenet "
    "Traoré Vasseur Vigneron Zimmermann"
)
_PLACES = "ain cotes-d-armor finistere haute-loire loiret meuse moselle nievre vendee yonne"
_SERVICES = (
    "Préfecture – cabinet",
    "Préfecture – direction de la citoyenneté",
    "Sous-préfecture",
    "SGC-D",
    "DDT – service de l’économie agricole",
    "DDETSPP – inspection",
    "DDPP – sécurité sanitaire",
)
_SENIOR_SERVICES = ("Préfecture – direction", "DDT – direction", "SGC-D – direction")


@dataclass(frozen=True, kw_only=True)
class HrFile:
    """One file as it lies on the disk, and what its author knows to be wrong in it."""

    name: str
    audience: str
    content: bytes
    lines: int
    wrong: int
    duplicates: int

    @property
    def people(self) -> int:
        """How many different people can be invited."""
        return self.lines - self.wrong - self.duplicates


def hr_files(lines: int, rng: random.Random) -> tuple[HrFile, ...]:
    """The files of one campaign, `lines` lines in all, header rows not counted.

    The senior officials' file comes out of the total, and only when thirty of them can hide one
    another: each audience has its own signing key, and a key for a few people would name them.
    """
    seniors = max(FEWEST_PEOPLE + 6, lines // 10) if lines >= _SENIORS_FROM else 0
    addresses = _addresses(lines, rng)
    agents = _agents_file(lines - seniors, addresses, rng)
    if not seniors:
        return (agents,)
    return agents, _seniors_file(seniors, addresses, _first_address(agents), rng)


def people_in(lines: int) -> int:
    """How many people that many lines invite."""
    return sum(file.people for file in hr_files(lines, random.Random(0)))  # noqa: S311 - counts


def _agents_file(lines: int, addresses: list[str], rng: random.Random) -> HrFile:
    wrong = max(1, min(len(_WRONG), lines // 100))
    duplicates = max(1, lines // 40)
    people = [addresses.pop() for _ in range(lines - wrong - duplicates)]
    shown = [_as_typed(address, number) for number, address in enumerate(people)]
    twice = [_in_another_case(address) for address in rng.sample(people[2:], duplicates)]
    faulty = [form.format(_local(addresses.pop())) for form in _WRONG[:wrong]]
    late = [*twice, *faulty]
    rng.shuffle(late)
    for address in late:
        shown.insert(rng.randrange(2, len(shown) + 1), address)
    rows = [(address, rng.choice(_SERVICES)) for address in shown]
    return HrFile(
        name="agents.csv",
        audience="agents",
        content=_as_excel_saves(rows),
        lines=lines,
        wrong=wrong,
        duplicates=duplicates,
    )


def _seniors_file(lines: int, addresses: list[str], known: str, rng: random.Random) -> HrFile:
    """One of them is already in the agents' file: two offices list the same person."""
    people = [known, *(addresses.pop() for _ in range(lines - 1))]
    rng.shuffle(people)
    rows = [(address, rng.choice(_SENIOR_SERVICES)) for address in people]
    return HrFile(
        name="encadrement-superieur.csv",
        audience="encadrement_superieur",
        content=_as_excel_saves(rows),
        lines=lines,
        wrong=0,
        duplicates=1,
    )


def _addresses(count: int, rng: random.Random) -> list[str]:
    """`count` different addresses; homonyms get a number, as they do in real directories."""
    found: dict[str, None] = {}
    while len(found) < count:
        person = f"{_one_of(_FIRST_NAMES, rng)}.{_one_of(_NAMES, rng)}"
        domain = f"{_one_of(_PLACES, rng)}.exemple.gouv.fr"
        address = f"{person}@{domain}"
        found[address if address not in found else f"{person}{len(found)}@{domain}"] = None
    return list(found)


def _as_typed(address: str, number: int) -> str:
    """The second person comes as a mail client copies it; others carry stray blanks or capitals."""
    if number == 1:
        first, last = _local(address).split(".", 1)
        return f"{first.capitalize()} {last.upper()} <{address}>"
    if number % 50 == 7:
        return f"{address} "
    if number % 50 == 23:
        return f"  {address.upper()} "
    return address


def _in_another_case(address: str) -> str:
    local, domain = address.split("@")
    return f"{local.title()}@{domain}"


def _first_address(file: HrFile) -> str:
    return file.content.decode("cp1252").splitlines()[1].split(";")[0]


def _as_excel_saves(rows: list[tuple[str, str]]) -> bytes:
    lines = ["Courriel;Structure", *(";".join(row) for row in rows)]
    return "".join(f"{line}\r\n" for line in lines).encode("cp1252")


def _local(address: str) -> str:
    return address.split("@")[0]


def _one_of(names: str, rng: random.Random) -> str:
    return _ascii(rng.choice(names.split()))


def _ascii(name: str) -> str:
    plain = name.lower().replace("œ", "oe")
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
