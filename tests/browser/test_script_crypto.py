"""The script's cryptography in a real browser: the RFC's vectors, a second opinion, the CSP."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import small
from browsing import enter
from playwright.sync_api import Page
from running import Running

from consultation import blind
from consultation.web import StaticFiles

REPOSITORY = Path(__file__).parents[2]
STATIC = REPOSITORY / "consultation" / "static"
VECTORS = json.loads((REPOSITORY / "tests/unit/vectors/rfc9474.json").read_text())
ORACLE = "@cloudflare/blindrsa-ts@0.4.4"
LIMITS = {  # bytes, compressed
    "consultation.js": 3800,  # what every respondent is sent
    "landing.js": 1350,  # where a code is typed
    "codes.js": 1100,
    "draft.js": 1980,
    "questions.js": 4500,
    "conditions.js": 1000,
    "survey.js": 8500,  # what runs a questionnaire; no page loads it yet
    "words-en.js": 1250,  # what pages in English need besides
    "qr.js": 1200,  # what is sent, besides, to whoever goes on with another device
}

Evaluate = Callable[[str, object], Any]


@pytest.fixture
def script(tab: Page, address: str) -> Evaluate:
    """Runs an expression on `it`, given the functions of the script as the server sends it."""
    tab.goto(f"{address}/aide")
    url = StaticFiles(STATIC).url("consultation.js")

    def run(body: str, it: object) -> Any:
        source = f"async (it) => {{ const of = await import({json.dumps(url)}); {body} }}"
        return tab.evaluate(source, it)

    return run


def bytes_of(number: str) -> bytes:
    digits = number.removeprefix("0x")
    return bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))


def on_the_wire(vector: Mapping[str, str]) -> dict[str, str]:
    names = ("n", "e", "input_msg", "salt", "inv", "blinded_msg", "blind_sig", "sig")
    return {name: blind.to_wire(bytes_of(vector[name])) for name in names}


BLIND = """
  const r = of.inverse(of.toInt(of.fromWire(it.inv)), of.toInt(of.fromWire(it.n)));
  const record = await of.blind(it, of.fromWire(it.input_msg), of.fromWire(it.salt), r);
"""


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_vectors_of_rfc_9474_are_blinded_alike(
    script: Evaluate, vector: Mapping[str, str]
) -> None:
    """All four variants: they differ in the salt and the prefix, which are given."""
    wire = on_the_wire(vector)

    record = script(BLIND + "return record;", wire)

    assert record == {
        "m": wire["input_msg"],
        "blinded": wire["blinded_msg"],
        "inverse": wire["inv"],
    }


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS if "PSSZERO" not in vector["name"]],
    ids=lambda vector: vector["name"],
)
def test_the_vectors_of_rfc_9474_are_finalized_alike(
    script: Evaluate, vector: Mapping[str, str]
) -> None:
    """The two variants with a salt: the script checks what it unblinds, and always wants one."""
    wire = on_the_wire(vector)

    signature = script(BLIND + "return of.finalize(it, record, it.blind_sig);", wire)

    assert signature == wire["sig"]


def test_an_altered_signature_is_refused(script: Evaluate) -> None:
    wire = on_the_wire(VECTORS[0])
    wire["blind_sig"] = wire["blinded_msg"]

    refused = script(
        BLIND + "return of.finalize(it, record, it.blind_sig).catch((e) => e.message);", wire
    )

    assert "Le serveur a mal répondu" in refused


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[object], Any]:
    """Another implementation, for tests alone, in a folder that goes away."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("oracle")
    options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    installed = subprocess.run([npm, "install", *options, ORACLE], cwd=folder, capture_output=True)
    if installed.returncode:
        pytest.skip(f"npm could not install {ORACLE}")
    (folder / "oracle.mjs").write_text(SECOND_OPINION)

    def ask(question: object) -> Any:
        answer = subprocess.run(
            [node, "oracle.mjs"],
            cwd=folder,
            input=json.dumps(question).encode(),
            capture_output=True,
            check=True,
        )
        return json.loads(answer.stdout)

    return ask


SECOND_OPINION = """
import { RSABSSA } from "@cloudflare/blindrsa-ts";
const chunks = []; for await (const chunk of process.stdin) chunks.push(chunk);
const it = JSON.parse(Buffer.concat(chunks));
const suite = RSABSSA.SHA384.PSS.Randomized();
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"));
const pss = { name: "RSA-PSS", hash: "SHA-384" };
const key = (format, text, use) =>
  crypto.subtle.importKey(format, Buffer.from(text, "base64"), pss, true, [use]);
const publicKey = await key("spki", it.public, "verify");
const privateKey = await key("pkcs8", it.private, "sign");
const blindSig = await suite.blindSign(privateKey, bytes(it.blinded));
const finalized = await suite.finalize(publicKey, bytes(it.m), blindSig, bytes(it.inverse));
const wire = (data) => Buffer.from(data).toString("base64url");
console.log(JSON.stringify({
  blindSig: wire(blindSig),
  signature: wire(finalized),
  verified: await suite.verify(publicKey, finalized, bytes(it.m)),
}));
"""


def test_another_implementation_signs_and_finalizes_alike(
    script: Evaluate, oracle: Callable[[object], Any]
) -> None:
    private = small.signing_key("agents")
    public = private.public
    key = {
        "n": blind.to_wire(public.n.to_bytes(public.size)),
        "e": blind.to_wire(public.e.to_bytes(3)),
    }
    record = script("return of.blind(it);", key)

    told = oracle(
        {**record, "public": pem_body(public.to_pem()), "private": pem_body(private.to_pem())}
    )
    ours = script(
        "return of.finalize(it.key, it.record, it.blindSig);",
        {"key": key, "record": record, "blindSig": told["blindSig"]},
    )

    assert told["verified"] is True
    assert ours == told["signature"]
    prepared, signature = blind.from_wire(record["m"]), blind.from_wire(ours)
    assert prepared is not None
    assert signature is not None
    assert blind.verify(public, prepared, signature)
    signed = blind.blind_sign(private, blind.from_wire(record["blinded"]) or b"")
    assert blind.to_wire(signed) == told["blindSig"]


def pem_body(pem: bytes) -> str:
    return "".join(line for line in pem.decode().splitlines() if "-----" not in line)


WATCH = """
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) =>
    violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


def test_the_policy_is_enforced_and_the_script_never_offends_it(
    tab: Page, address: str, platform: Running
) -> None:
    tab.add_init_script(WATCH)
    seen: list[str] = []

    def no_violation() -> None:
        seen.append(tab.url)
        assert tab.evaluate("violations") == []

    tab.goto(f"{address}/q/essai/agents#{platform.codes['agents'][0]}")
    no_violation()
    enter(tab)
    tab.wait_for_selector("label[for=fonction-2]")
    no_violation()
    tab.check("label[for=fonction-2]")
    tab.click("button[value=suite]:visible")
    tab.wait_for_selector("h1:has-text('Vos missions')")
    no_violation()
    forbidden = tab.evaluate(
        "(() => { try { document.body.innerHTML = '<b>'; } catch (e) { return e.name; } })()"
    )

    assert len(set(seen)) == 3
    assert forbidden == "TypeError"
    assert tab.evaluate("violations.length") == 1  # ours, just now: the policy does watch


def test_the_scripts_are_small_and_write_no_html(address: str) -> None:
    names = [path.name for path in STATIC.glob("*.js")]
    served = {script.name: script.url for script in StaticFiles(STATIC).scripts()}
    sizes = {name: len(packed(address + url)) for name, url in served.items()}

    assert sizes.keys() == LIMITS.keys()
    assert {name: size for name, size in sizes.items() if size > LIMITS[name]} == {}
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "eval(",
        "Function(",
        "document.write",
        "insertAdj",
    ):
        assert not [name for name in names if forbidden in (STATIC / name).read_text()]


def test_the_square_is_fetched_only_by_those_who_ask_for_one() -> None:
    asking = [
        path.name
        for path in (*STATIC.glob("*.js"), *(REPOSITORY / "templates").rglob("*.html"))
        if "qr.js" in path.read_text("utf-8")
    ]

    assert asking == ["consultation.js"]
    assert 'await import("./qr.js")' in (STATIC / "consultation.js").read_text()


def test_only_comments_and_margins_are_taken_from_a_script_before_it_is_sent(address: str) -> None:
    source = (STATIC / "consultation.js").read_text()
    code = [line.strip() for line in source.splitlines()]

    sent = gzip.decompress(packed(address + StaticFiles(STATIC).url("consultation.js"))).decode()

    assert sent.splitlines() == [line for line in code if line and not line.startswith("//")]
    assert "`\n" not in source  # no text goes over two lines, whose margins would count


def packed(url: str) -> bytes:
    """A file as it travels."""
    with urlopen(Request(url, headers={"Accept-Encoding": "gzip"})) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        content: bytes = answer.read()
    return content
