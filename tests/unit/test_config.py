"""Settings come from the environment; what is wrong is said at once, with what to do."""

from pathlib import Path

import pytest

from consultation.config import ConfigurationError, Settings, Smtp, shipped

GOOD = {
    "SECRET_KEY": "k" * 48,
    "ROLL_DATABASE_URL": "postgresql://roll@db/roll",
    "BOX_DATABASE_URL": "postgresql://box@db/box",
    "OFFICE_DATABASE_URL": "postgresql://office@db/office",
    "KEYS_DIRECTORY": "/srv/keys",
    "PUBLIC_URL": "https://consultation.exemple.fr",
    "MAIL_FROM": "consultation@exemple.fr",
}


def read(**changes: str) -> Settings:
    return Settings.from_environment(GOOD | changes)


def refusal(**changes: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        read(**changes)
    return str(refused.value)


def test_what_is_not_said_has_a_documented_default() -> None:
    settings = read()

    assert settings.sides == {"roll", "urn", "office"}
    assert settings.smtp == Smtp(host="localhost", port=25, tls="none")
    assert settings.mail_reply_to == "consultation@exemple.fr"
    assert settings.mail_domains == ("*.gouv.fr",)
    assert settings.mail_rate == 5
    assert settings.keys == Path("/srv/keys")
    assert settings.brand == "neutre"
    assert settings.secure
    assert not settings.demo


def test_every_problem_is_reported_together() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment({})

    for name in (
        "SECRET_KEY",
        "ROLL_DATABASE_URL",
        "BOX_DATABASE_URL",
        "OFFICE_DATABASE_URL",
        "KEYS_DIRECTORY",
        "PUBLIC_URL",
        "MAIL_FROM",
    ):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SECRET_KEY", "court", "au moins 32 caractères"),
        ("ROLL_DATABASE_URL", "n’importe quoi", "illisible"),
        ("ROLL_DATABASE_URL", "mysql://db/roll", "seuls sqlite"),
        ("ROLL_DATABASE_URL", "postgresql+psycopg2://db/roll", "psycopg est connu"),
        ("ROLL_DATABASE_URL", "sqlite+aiosqlite:///roll.sqlite", "pysqlite est connu"),
        ("ROLL_DATABASE_URL", "sqlite://", "en mémoire"),
        ("ROLL_DATABASE_URL", "sqlite:///:memory:", "en mémoire"),
        ("PUBLIC_URL", "http://consultation.exemple.fr", "https://"),
        ("PUBLIC_URL", "https://exemple.fr/chemin", "sans chemin"),
        ("PUBLIC_URL", "https://exemple.fr:port", "sans chemin"),
        ("ROLL_ORIGIN", "http://guichet.exemple.fr", "https://"),
        ("ROLL_ORIGIN", "https://guichet.exemple.fr/guichet", "sans chemin"),
        ("URN_ORIGIN", "https://*.exemple.fr", "sans chemin"),
        ("URN_ORIGIN", "https://exemple.fr; script-src *", "sans chemin"),
        ("CONSULTATION_SIDES", "roll,box", "«\u00a0box\u00a0» est inconnu"),
        ("CONSULTATION_DEMO", "oui", "Choix\u00a0: 0, 1"),
        ("SMTP_URL", "relais", "smtp://relais:25"),
        ("SMTP_URL", "smtp://relais:pas-un-port", "smtp://relais:25"),
        ("MAIL_FROM", "personne", "indiquez une adresse"),
        ("MAIL_RATE", "beaucoup", "messages par seconde"),
        ("MAIL_RATE", "0", "messages par seconde"),
        ("LIMITER_STORAGE", "memcached://", "redis://"),
        ("ORGANISATION", "Le ministère\r\nBcc: x@exemple.fr", "une seule ligne"),
        ("MAIL_FROM", "aide@exemple.fr\nBcc: x@exemple.fr", "une seule ligne"),
        ("MAIL_REPLY_TO", "aide@exemple.fr\x0bBcc: x@exemple.fr", "une seule ligne"),
        ("CONTACT", "aide@exemple.fr\u2028x", "une seule ligne"),
        ("BRAND", "autre", "etat, neutre"),
        ("LOG_LEVEL", "bavard", "DEBUG"),
        ("TOTP", "oui", "obligatoire, facultatif"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_do(name: str, value: str, words: str) -> None:
    message = refusal(**{name: value})

    assert f"{name}\u00a0: " in message
    assert words in message


@pytest.mark.parametrize(
    ("roll", "box"),
    [
        ("postgresql://a@db/base", "postgresql://b@db:5432/base"),
        ("postgresql://a@db/base", "postgresql+psycopg://b:secret@DB/base"),
        ("sqlite:////srv/x.sqlite", "sqlite:////srv/../srv/x.sqlite"),
        ("postgresql:///base?host=/run/pg", "postgresql://b@/base?host=/run/pg"),
    ],
)
def test_two_stores_in_one_base_are_refused(roll: str, box: str) -> None:
    message = refusal(ROLL_DATABASE_URL=roll, BOX_DATABASE_URL=box)

    assert "BOX_DATABASE_URL\u00a0: c’est la même base que ROLL_DATABASE_URL" in message


def test_a_folder_is_enough_for_the_stores_and_the_keys(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"SECRET_KEY": "k" * 48, "CONSULTATION_DATA": str(tmp_path), "CONSULTATION_DEMO": "1"}
    )

    assert settings.roll_url == f"sqlite:///{tmp_path}/roll.sqlite"
    assert settings.box_url == f"sqlite:///{tmp_path}/box.sqlite"
    assert settings.office_url == f"sqlite:///{tmp_path}/office.sqlite"
    assert settings.keys == tmp_path / "keys"


def test_the_demonstration_may_do_without_https() -> None:
    settings = read(CONSULTATION_DEMO="1", PUBLIC_URL="http://localhost:8123/")

    assert settings.public_url == "http://localhost:8123"
    assert not settings.secure


@pytest.mark.parametrize(
    ("changes", "required"),
    [
        ({}, True),
        ({"TOTP": "facultatif"}, False),
        ({"CONSULTATION_DEMO": "1"}, False),
        ({"CONSULTATION_DEMO": "1", "TOTP": "obligatoire"}, True),
    ],
)
def test_a_second_factor_is_required_outside_the_demonstration(
    changes: dict[str, str], required: bool
) -> None:
    assert read(**changes).totp_required == required


def test_the_urn_side_need_not_know_where_the_roll_is() -> None:
    environ = {name: value for name, value in GOOD.items() if name != "ROLL_DATABASE_URL"}

    settings = Settings.from_environment(environ | {"CONSULTATION_SIDES": "urn"})

    assert settings.roll_url == ""
    assert settings.sides == {"urn"}


NEEDED = {
    "roll": {"ROLL_SECRET_KEY", "ROLL_DATABASE_URL", "OFFICE_DATABASE_URL", "MAIL_FROM"},
    "urn": {"BOX_DATABASE_URL", "OFFICE_DATABASE_URL"},
    "office": {"OFFICE_SECRET_KEY", "BOX_DATABASE_URL", "OFFICE_DATABASE_URL"},
}


@pytest.mark.parametrize("side", NEEDED)
def test_a_side_asks_for_what_it_needs_and_nothing_of_the_others(side: str) -> None:
    everyone = {"KEYS_DIRECTORY", "PUBLIC_URL"}

    with pytest.raises(ConfigurationError) as refused:
        Settings.from_environment({"CONSULTATION_SIDES": side})

    asked = {problem.partition("\u00a0")[0] for problem in refused.value.problems}
    assert asked == NEEDED[side] | everyone


@pytest.mark.parametrize("side", NEEDED)
def test_a_side_forgets_the_secrets_of_the_others(side: str) -> None:
    keys = {name: name * 4 for name in ("ROLL_SECRET_KEY", "OFFICE_SECRET_KEY")}
    secrets = {
        **{name: key for name, key in keys.items() if name in NEEDED[side] or side == "urn"},
        "ROLL_DATABASE_URL": "postgresql://guichet:z@liste/roll",
        "BOX_DATABASE_URL": "postgresql://urne:z@urne/box",
        "OFFICE_DATABASE_URL": "postgresql://bureau:z@bureau/office",
        "SMTP_URL": "smtp://moi:z@relais",
    }

    settings = read(**secrets, SECRET_KEY="", CONSULTATION_SIDES=side)

    held = {*settings.secret_keys.values(), settings.roll_url, settings.box_url}
    held |= {settings.office_url}
    mine = {secrets[name] for name in NEEDED[side] & set(secrets)}
    assert held - {""} == mine
    assert settings.smtp.password == ("z" if side == "roll" else "")


A, B = "a" * 48, "b" * 48


def test_one_process_with_both_sides_needs_one_key_or_two() -> None:
    one = read(SECRET_KEY=A)
    two = read(SECRET_KEY="", ROLL_SECRET_KEY=A, OFFICE_SECRET_KEY=B)
    older = read(SECRET_KEY=A, ROLL_SECRET_KEY=B)

    assert (one.secret_of("roll"), one.secret_of("office"), one.signing_key) == (A, A, A)
    assert (two.secret_of("roll"), two.secret_of("office"), two.signing_key) == (A, B, B)
    assert (older.secret_of("roll"), older.secret_of("office")) == (B, A)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ROLL_SECRET_KEY": A, "OFFICE_SECRET_KEY": A}, "c’est celle de ROLL_SECRET_KEY"),
        ({"SECRET_KEY": "", "ROLL_SECRET_KEY": A}, "OFFICE_SECRET_KEY\u00a0: il faut au moins 32"),
        ({"CONSULTATION_SIDES": "roll"}, "Remplacez-la ici par ROLL_SECRET_KEY"),
        ({"CONSULTATION_SIDES": "roll", "ROLL_SECRET_KEY": A}, "SECRET_KEY\u00a0: commune à deux"),
        ({"CONSULTATION_SIDES": "office"}, "Remplacez-la ici par OFFICE_SECRET_KEY"),
        (
            {"CONSULTATION_SIDES": "roll", "ROLL_SECRET_KEY": A, "OFFICE_SECRET_KEY": B},
            "OFFICE_SECRET_KEY\u00a0: elle ouvre les sessions d’un autre serveur",
        ),
        (
            {"CONSULTATION_SIDES": "urn,office", "OFFICE_SECRET_KEY": B, "ROLL_SECRET_KEY": A},
            "ROLL_SECRET_KEY\u00a0: elle ouvre les sessions d’un autre serveur",
        ),
    ],
)
def test_a_key_that_opens_another_server_stops_the_start(
    changes: dict[str, str], words: str
) -> None:
    assert words in refusal(**changes)


def test_both_sides_are_at_the_public_address_unless_said() -> None:
    settings = read()

    assert settings.roll_origin == settings.urn_origin == "https://consultation.exemple.fr"
    assert settings.one_origin
    assert (settings.roll_elsewhere, settings.urn_elsewhere) == ("", "")


def test_a_side_writes_the_origin_of_the_other_as_browsers_do() -> None:
    urn = read(CONSULTATION_SIDES="urn", ROLL_ORIGIN="https://Guichet.exemple.fr:443/")

    assert urn.roll_elsewhere == "https://guichet.exemple.fr"
    assert urn.urn_elsewhere == ""
    assert not urn.one_origin


@pytest.mark.parametrize(
    ("url", "smtp"),
    [
        ("smtp://relais", Smtp(host="relais", port=25)),
        ("smtp://relais:587?starttls", Smtp(host="relais", port=587, tls="starttls")),
        (
            "smtps://moi:p%40sse@relais",
            Smtp(host="relais", port=465, user="moi", password="p@sse", tls="implicit"),
        ),
        (
            "smtp://moi:pass%C3%A9@relais",
            Smtp(host="relais", port=25, user="moi", password="passé"),
        ),
        ("smtp://moi:passé@relais", Smtp(host="relais", port=25, user="moi", password="passé")),
    ],
)
def test_the_relay_is_one_address(url: str, smtp: Smtp) -> None:
    assert read(SMTP_URL=url).smtp == smtp


@pytest.mark.parametrize("name", ["SMTP_URL", "RETURNS_URL"])
@pytest.mark.parametrize(
    ("written", "barred"),
    [("pass%E9", "E9"), ("pass\udce9", "E9"), ("a%00b", "00"), ("a%0Ab", "0A")],
)
def test_a_letter_that_no_password_may_hold_is_told_at_the_start(
    name: str, written: str, barred: str
) -> None:
    scheme = {"SMTP_URL": "smtp", "RETURNS_URL": "imap"}[name]

    with pytest.raises(ConfigurationError) as refused:
        read(**{name: f"{scheme}://moi:{written}@serveur"})

    (problem,) = refused.value.problems
    assert problem.startswith(name)
    assert f"(%{barred})" in problem
    assert "UTF-8" in problem


def test_domains_are_a_list() -> None:
    assert read(MAIL_DOMAINS="*.gouv.fr, exemple.fr").mail_domains == ("*.gouv.fr", "exemple.fr")


def test_settings_do_not_show_their_secrets() -> None:
    settings = read(
        SMTP_URL="smtp://moi:motdepasse@relais", ROLL_DATABASE_URL="postgresql://r:cache@db/roll"
    )

    assert not any(word in repr(settings) for word in ("k" * 48, "motdepasse", "cache"))


def test_counting_attempts_in_memory_deserves_a_caution() -> None:
    assert "LIMITER_STORAGE" in read().cautions[0]
    assert read(LIMITER_STORAGE="redis://localhost").cautions == ()


@pytest.mark.parametrize("name", ["templates", "migrations", "questionnaires"])
def test_what_ships_with_the_package_is_found(name: str) -> None:
    assert shipped(name).is_dir()


def test_the_legal_file_is_read_with_the_settings_and_its_problems_with_theirs(
    tmp_path: Path,
) -> None:
    path = tmp_path / "legal.toml"
    path.write_text('[host]\nname = "Centre de l’exemple"\n', "utf-8")
    assert read(LEGAL_FILE=str(path)).legal.host.name == "Centre de l’exemple"

    path.write_text("[host]\nnom = 'x'\n", "utf-8")
    assert "host.nom" in refusal(LEGAL_FILE=str(path))
    path.write_bytes(b"\xe9")
    assert "ne se lit pas" in refusal(LEGAL_FILE=str(path))
    assert "ne se lit pas" in refusal(LEGAL_FILE=str(tmp_path / "nowhere.toml"))
    assert read().legal.host.name == ""
