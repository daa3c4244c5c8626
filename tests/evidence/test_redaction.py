"""Keys are taken out of what is stored and shown, and nothing else is."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.evidence.model import Example, Execution, Fails, Finding, Item
from podium.evidence.redaction import MARK, Redactor, clean_item, secret_values
from podium.kernel.value import canonical
from podium.project.providers import PLACEHOLDER_KEY


@pytest.mark.parametrize(
    "key",
    ["sk-ant-api03-" + "a1B2" * 12, "sk-proj-" + "Zx9_" * 12, "AIza" + "b" * 35, "ghp_" + "c" * 36, "AKIA" + "D" * 16],
)
def test_what_has_the_shape_of_a_key_is_taken_out(key: str) -> None:
    assert Redactor().text(f"export KEY={key} now") == f"export KEY={MARK} now"


@pytest.mark.parametrize("before", ["\n", "\t", "x\r\n", "\x1b[31m", "=", '"', "/", "é"])
def test_a_key_is_found_whatever_stands_before_it(before: str) -> None:
    key = "sk-ant-api03-" + "a1B2" * 12
    assert json.loads(Redactor().line(json.dumps([before + key], ensure_ascii=False).encode())) == [before + MARK]


def test_a_private_key_is_taken_out_whole_of_text_and_of_json() -> None:
    words = ["-----BEGIN OPENSSH PRIVATE ", "KEY-----\nb3Bl\nbnNz\n-----END OPENSSH PRIVATE ", "KEY-----"]
    text = "".join(words)
    assert Redactor().text(f"a {text} b") == f"a {MARK} b"
    assert json.loads(Redactor().line(json.dumps({"t": f"a {text} b", "u": 1}).encode())) == {
        "t": f"a {MARK} b",
        "u": 1,
    }


def is_no_mark(secret: str) -> bool:
    """Whether a secret is no part of what is put in its place."""
    return secret not in MARK and not {"[", "]"} & set(secret)


@settings(deadline=None)
@given(st.text(min_size=8, max_size=40).filter(is_no_mark), st.text(max_size=20), st.text(max_size=20))
def test_a_known_secret_is_in_no_line_and_the_line_stays_json(secret: str, before: str, after: str) -> None:
    line = Redactor([secret]).line(json.dumps({"t": before + secret + after}).encode())
    assert secret not in json.loads(line)["t"]


@pytest.mark.parametrize(
    "text", ["sk-1", "a short key", "task-based-approach-to-a-long-name-that-goes-on-and-on", "npm_i"]
)
def test_what_is_no_key_stays(text: str) -> None:
    assert Redactor(["short"]).text(text) == text


def test_the_placeholder_is_no_secret() -> None:
    assert Redactor(secret_values({"OPENAI_API_KEY": PLACEHOLDER_KEY})).text(PLACEHOLDER_KEY) == PLACEHOLDER_KEY


def test_secret_variables_are_known_by_their_names() -> None:
    assert secret_values({"DB_PASSWORD": "one", "PATH": "/bin", "MY_TOKEN": "two"}) == ["one", "two"]


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(codec="ascii", exclude_characters=" \n"), min_size=8, max_size=30).filter(
        is_no_mark
    ),
    st.data(),
)
def test_a_key_that_comes_in_pieces_is_held_back_until_it_is_whole(secret: str, data: st.DataObject) -> None:
    whole = f"before {secret} after"
    at = data.draw(st.integers(min_value=8, max_value=6 + len(secret)))
    redactor = Redactor([secret])
    cut = redactor.open_end(whole[:at])
    assert secret not in redactor.text(whole[:cut]) + redactor.text(whole[cut:])
    assert cut <= 7


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Wait", ""),
        ("the key is sk-ant-api0", "sk-ant-api0"),
        ("the key is s", "s"),
        ("a\n-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE\nabc", "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE\nabc"),
        ("x" * 20_000, ""),
        ("done.\n", ""),
    ],
)
def test_only_what_may_become_a_key_is_held_back(text: str, held: str) -> None:
    assert text[Redactor().open_end(text) :] == held


def test_an_item_of_evidence_is_kept_without_keys_and_stays_the_same_item() -> None:
    key = "sk-ant-api03-" + "a1B2" * 12
    ran = Execution(
        tree="t", exit_code=1, seconds=1.0, output=f"E {key}", output_digest="d", failing=(f"t[{key}]",), detail=key
    )
    example = Example(function="f", call=f"f('{key}')", old="1", new=f"'{key}'")
    finding = Finding(fingerprint="f", rule="r", level="error", message=f"new: {key}", path="a.py", example=example)
    item = Item(
        id="e1", kind="security", name="n", tree="t", base_tree="b", outcome=Fails(why=f"it said {key}"),
        required=True, command="make", findings=(finding,), base=ran, candidate=ran, repeats=(ran,),
    )  # fmt: skip
    cleaned = clean_item(item, Redactor(["security"]))
    assert key.encode() not in canonical(cleaned)
    assert canonical(cleaned).count(MARK.encode()) == 13
    assert (cleaned.id, cleaned.kind, cleaned.command, cleaned.findings[0].path) == ("e1", "security", "make", "a.py")
    assert clean_item(cleaned, Redactor()) == cleaned


@pytest.mark.parametrize("before", ["", "u:", "me:", "Ada"])
def test_a_known_secret_is_taken_out_of_addresses_of_base64_and_of_hexadecimal_digits(before: str) -> None:
    secret = "p@ss/w0rd+with=odd chars&9"
    data = (before + secret + "\n").encode()
    hidden = [quote(secret), quote(secret, safe=""), quote_plus(secret), secret.encode().hex()]
    hidden += [base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()]
    redactor = Redactor([secret])
    for text in hidden:
        assert MARK in redactor.text(f"see {text} there"), text
        assert redactor.holds_known(text.encode()), text
    for text in hidden[:4]:
        assert redactor.open_end(f"see {text[:-2]}") <= len("see ") + 1, text
    kept = redactor.text(base64.b64encode(data).decode()).replace(MARK, "")
    assert len(kept) <= len(before) * 4 // 3 + 10  # the neighbours, and two letters that are theirs as well
