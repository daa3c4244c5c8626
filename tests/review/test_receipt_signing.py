"""Receipts: what is signed, and that nothing but the very same receipt by the very same person verifies."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_cases import ADA, case

from podium.conductor.ssh_signing import (
    Invalid,
    NoSigner,
    SshSigner,
    Unsigned,
    Untrusted,
    Verified,
    signer,
    verify_envelope,
)
from podium.kernel.errors import PodiumError
from podium.review import receipt as receipts
from podium.review import sshsig
from podium.review.model import Receipt
from podium.review.rules import Cleared, decide_accept, seal

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "verify-a-receipt.md"


def make_key(place: Path, passphrase: str = "") -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", str(place)]
    subprocess.run(command, check=True)
    return place


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return make_key(tmp_path / "id")


def allow(place: Path, key: Path, mail: str = "ada@example.org") -> Path:
    place.write_text(f'{mail} namespaces="podium-receipt" {key.with_suffix(".pub").read_text()}')
    return place


def cleared(**more) -> Cleared:
    decision = decide_accept(case(**more))
    assert isinstance(decision, Cleared)
    return decision


def signed_envelope(key: Path, receipt: Receipt | None = None) -> str:
    receipt = receipt or cleared().receipt
    return receipts.envelope(receipt, SshSigner(str(key)).sign(receipts.signed_bytes(receipt)))


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_pre_authentication_encoding_is_that_of_the_dsse_protocol():
    known = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert receipts.pre_authentication("http://example.com/HelloWorld", b"hello world") == known


def test_the_statement_is_an_in_toto_statement_about_the_commit_and_the_tree():
    receipt = cleared().receipt
    statement = json.loads(receipts.statement(receipt))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:podium:receipt:v1"
    assert [subject["digest"] for subject in statement["subject"]] == [
        {"gitCommit": receipt.commit},
        {"gitTree": receipt.tree},
    ]
    assert statement["predicate"]["reviewer"] == ADA


def test_an_envelope_gives_back_the_receipt_and_the_bytes_that_were_signed():
    receipt = cleared().receipt
    opened = receipts.open_envelope(receipts.envelope(receipt, None))
    assert opened.receipt == receipt
    assert opened.signed_bytes == receipts.signed_bytes(receipt)
    assert opened.signatures == ()


def test_a_receipt_whose_subject_is_another_commit_is_refused():
    receipt = cleared().receipt
    other = msgspec.structs.replace(receipt, commit="d" * 40)
    payload = receipts.statement(receipt).replace(
        b'"commit":"' + receipt.commit.encode(), b'"commit":"' + other.commit.encode()
    )
    text = json.dumps(
        {"payload": base64.b64encode(payload).decode(), "payloadType": receipts.PAYLOAD_TYPE, "signatures": []}
    )
    with pytest.raises(PodiumError, match="not the commit and tree"):
        receipts.open_envelope(text)


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1")), st.just('{"payload": "e30="}')))
def test_what_is_no_envelope_is_refused_and_nothing_else_happens(text: str):
    with pytest.raises(PodiumError):
        receipts.open_envelope(text)


@given(st.text())
def test_what_is_no_signature_is_refused_and_nothing_else_happens(text: str):
    with pytest.raises(PodiumError):
        sshsig.from_armour(text)
    with pytest.raises(PodiumError):
        sshsig.fingerprint(text)


# --- signing and verifying --------------------------------------------------------------------------------------------


def test_a_signed_receipt_verifies_for_the_reviewer_that_it_names(tmp_path: Path, key: Path):
    verdict = verify_envelope(signed_envelope(key), allow(tmp_path / "allowed", key))
    assert isinstance(verdict, Verified)
    assert verdict.signer == "ada@example.org"
    shown = subprocess.run(["ssh-keygen", "-lf", str(key)], check=True, capture_output=True, text=True).stdout
    assert verdict.keyid in shown


def test_the_proof_of_an_accept_carries_the_signature(tmp_path: Path, key: Path):
    decided = cleared()
    accepted = seal(decided, SshSigner(str(key)).sign(receipts.signed_bytes(decided.receipt)))
    assert accepted.signed
    assert isinstance(verify_envelope(accepted.envelope, allow(tmp_path / "allowed", key)), Verified)


def test_a_receipt_without_a_signature_is_unsigned(tmp_path: Path, key: Path):
    assert NoSigner().sign(b"x") is None
    envelope = receipts.envelope(cleared().receipt, signer("").sign(b"x"))
    assert isinstance(verify_envelope(envelope, allow(tmp_path / "allowed", key)), Unsigned)


def test_any_change_of_the_receipt_breaks_the_signature(tmp_path: Path, key: Path):
    receipt = cleared().receipt
    envelope = json.loads(signed_envelope(key, receipt))
    forged = msgspec.structs.replace(receipt, reviewer="Bea <bea@example.org>")
    envelope["payload"] = base64.b64encode(receipts.statement(forged)).decode()
    assert isinstance(verify_envelope(json.dumps(envelope), allow(tmp_path / "allowed", key)), Invalid)


def test_a_signature_by_an_unknown_key_is_not_trusted(tmp_path: Path, key: Path):
    stranger = make_key(tmp_path / "stranger")
    assert isinstance(verify_envelope(signed_envelope(stranger), allow(tmp_path / "allowed", key)), Untrusted)
    assert isinstance(verify_envelope(signed_envelope(stranger), None), Untrusted)


def test_one_reviewer_cannot_sign_for_another(tmp_path: Path, key: Path):
    allowed = allow(tmp_path / "allowed", key, mail="bea@example.org")
    verdict = verify_envelope(signed_envelope(key), allowed)
    assert isinstance(verdict, Untrusted)
    assert "bea@example.org" in verdict.why


def test_a_signature_made_for_another_purpose_does_not_count(tmp_path: Path, key: Path):
    receipt = cleared().receipt
    message = tmp_path / "message"
    message.write_bytes(receipts.signed_bytes(receipt))
    subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(key), str(message)], check=True, capture_output=True
    )
    envelope = receipts.envelope(receipt, sshsig.from_armour((tmp_path / "message.sig").read_text()))
    assert isinstance(verify_envelope(envelope, allow(tmp_path / "allowed", key)), Invalid)


def test_rubbish_in_place_of_a_signature_is_invalid(tmp_path: Path, key: Path):
    envelope = json.loads(signed_envelope(key))
    for rubbish in ("", "AAAA", "not base64", base64.b64encode(b"SSHSIG" + bytes(40)).decode()):
        envelope["signatures"] = [{"keyid": "x", "sig": rubbish}]
        assert isinstance(verify_envelope(json.dumps(envelope), allow(tmp_path / "allowed", key)), Invalid)


def test_a_key_with_a_passphrase_is_an_error_at_once_and_never_a_prompt(tmp_path: Path):
    locked = make_key(tmp_path / "locked", passphrase="secret")
    with pytest.raises(PodiumError, match="could not sign") as error:
        SshSigner(str(locked), timeout=10).sign(b"x")
    assert "ssh-add" in error.value.do


def test_a_missing_key_is_named(tmp_path: Path):
    with pytest.raises(PodiumError, match="there is no key"):
        SshSigner(str(tmp_path / "none")).sign(b"x")


def test_a_public_key_whose_private_half_is_nowhere_says_where_it_should_be(tmp_path: Path, key: Path):
    key.unlink()
    with pytest.raises(PodiumError, match="could not sign") as error:
        SshSigner(str(key.with_suffix(".pub"))).sign(b"x")
    assert "agent" in error.value.do


def test_a_key_in_an_agent_signs_when_git_holds_only_the_public_key_itself(tmp_path: Path):
    locked = make_key(tmp_path / "locked")
    socket = tmp_path / "a"
    agent = subprocess.run(["ssh-agent", "-a", str(socket)], check=True, capture_output=True, text=True)
    found = re.search(r"SSH_AGENT_PID=(\d+)", agent.stdout)
    assert found
    try:
        environment = {"PATH": os.defpath, "SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["ssh-add", "-q", str(locked)], check=True, env=environment)
        public = locked.with_suffix(".pub").read_text().strip()
        locked.unlink()
        receipt = cleared().receipt
        for written in (public, f"key::{public}"):
            signature = SshSigner(written, agent=str(socket)).sign(receipts.signed_bytes(receipt))
            allowed = allow(tmp_path / "allowed", locked)
            assert isinstance(verify_envelope(receipts.envelope(receipt, signature), allowed), Verified)
    finally:
        os.kill(int(found[1]), 15)


# --- the how-to -------------------------------------------------------------------------------------------------------


def test_the_commands_of_the_how_to_verify_a_receipt_and_refuse_a_forged_one(tmp_path: Path, key: Path):
    repository = tmp_path / "repository"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_AUTHOR_NAME": "T",
        "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "T",
        "GIT_COMMITTER_EMAIL": "t@example.org",
        "reviewer": "ada@example.org",
    }

    def git(*args: str, stdin: str | None = None) -> str:
        command = ["git", "-C", str(repository), *args]
        done = subprocess.run(command, input=stdin, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    subprocess.run(["git", "init", "-q", str(repository)], env=environment, check=True)
    (repository / "a").write_text("a\n")
    git("add", "a")
    git("commit", "-qm", "a")
    commit, tree = git("rev-parse", "HEAD"), git("rev-parse", "HEAD^{tree}")
    receipt = msgspec.structs.replace(cleared().receipt, commit=commit, tree=tree)
    allow(repository / "allowed_signers", key)

    by_hand = HOW_TO.read_text().partition("## A receipt without Podium")[2]
    first, second = re.findall(r"```bash\n(.*?)```", by_hand, re.DOTALL)[:2]

    def follow(envelope: str) -> subprocess.CompletedProcess[str]:
        git("notes", "--ref=podium", "add", "-f", "-F", "-", commit, stdin=envelope)
        script = f"set -e\ncommit={commit}\n{first}\n{second}"
        return subprocess.run(
            ["bash", "-c", script], cwd=repository, env=environment, capture_output=True, text=True, check=False
        )

    good = follow(signed_envelope(key, receipt))
    assert good.returncode == 0, good.stderr
    assert 'Good "podium-receipt" signature for ada@example.org' in good.stdout
    assert "the tree is the one that was accepted" in good.stdout

    forged = json.loads(signed_envelope(key, receipt))
    other = msgspec.structs.replace(receipt, waivers=(), seconds=9999.0)
    forged["payload"] = base64.b64encode(receipts.statement(other)).decode()
    assert follow(json.dumps(forged, separators=(",", ":"))).returncode != 0
