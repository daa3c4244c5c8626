"""Signing receipts with a person's SSH key, and verifying them, by ssh-keygen.

A signature is made without any terminal, so that nothing ever waits for a passphrase that nobody is asked for: a key
with a passphrase has to be in an SSH agent, unless the caller says that a person is there to be asked (`ask`).
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import TypeAlias

from podium.git.run import SEARCH_PATH
from podium.kernel.clock import moment
from podium.kernel.errors import PodiumError
from podium.kernel.value import Value
from podium.review import person, sshsig
from podium.review.model import Receipt, Signature
from podium.review.ports import Signer
from podium.review.receipt import NAMESPACE, Opened, open_envelope

_LITERAL = re.compile(r"^(?:key::)?((?:ssh|ecdsa|sk)-[^\s]+\s+[A-Za-z0-9+/=]+.*)$", re.DOTALL)
_PATIENCE = 120.0  # seconds for a person at a passphrase or at a security key


class NoSigner:
    """Signs for a person without a key: not at all, and the receipt says so."""

    def sign(self, payload: bytes) -> Signature | None:  # noqa: ARG002 - the port's signature
        """None, always."""
        return None


class SshSigner:
    """Signs with `ssh-keygen -Y sign`.

    `key` is what git's `user.signingkey` holds: the path of a key (private, or public with the private one in an
    agent), or the public key itself. `agent` is the path of the agent's socket (SSH_AUTH_SOCK), if there is one.
    """

    def __init__(self, key: str, *, agent: str = "", ask: bool = False, timeout: float = 20.0) -> None:
        self._key = key
        self._agent = agent
        self._ask = ask
        self._timeout = _PATIENCE if ask else timeout

    def sign(self, payload: bytes) -> Signature | None:
        """A signature over these bytes in the receipt's namespace. Raises PodiumError when there is none to be had."""
        with tempfile.TemporaryDirectory(prefix="podium-sign-") as name:
            place = Path(name)
            (place / "receipt").write_bytes(payload)
            literal = _LITERAL.match(self._key)
            key = place / "key.pub" if literal else Path(self._key)
            if literal:
                key.write_text(literal[1].strip() + "\n")
            elif not key.is_file():
                raise PodiumError(f"there is no key {key}", where="user.signingkey", do=_KEY_ADVICE)
            command = ["-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(place / "receipt")]
            done = _ssh_keygen(command, agent=self._agent, ask=self._ask, timeout=self._timeout)
            written = place / "receipt.sig"
            if done.returncode != 0 or not written.is_file():
                raise PodiumError(
                    f"ssh-keygen could not sign: {_last(done.stderr)}", where=str(self._key), do=_advice(done.stderr)
                )
            return sshsig.from_armour(written.read_text())


def signer(key: str, *, agent: str = "", ask: bool = False) -> Signer:
    """The signer of a person whose git signs with this SSH key; without a key, one that does not sign."""
    return SshSigner(key, agent=agent, ask=ask) if key else NoSigner()


# --- verifying --------------------------------------------------------------------------------------------------------


class Verified(Value, frozen=True, kw_only=True, tag="verified"):
    """The reviewer that the receipt names signed it, with a key that the allowed signers hold."""

    receipt: Receipt
    signer: str
    keyid: str


class Unsigned(Value, frozen=True, kw_only=True, tag="unsigned"):
    """Nobody signed it."""

    receipt: Receipt


class Untrusted(Value, frozen=True, kw_only=True, tag="untrusted"):
    """The signature is sound, but nothing says that its key is the reviewer's."""

    receipt: Receipt
    keyid: str
    why: str


class Invalid(Value, frozen=True, kw_only=True, tag="invalid"):
    """It is not what was signed, or it is no receipt."""

    why: str


Verification: TypeAlias = Verified | Unsigned | Untrusted | Invalid

_PREFERRED = (Verified, Untrusted, Invalid)
_MOST_SIGNATURES = 16


def verify_envelope(envelope: str, allowed_signers: Path | None) -> Verification:
    """What an envelope is worth, found offline. `allowed_signers` is a file as in ssh-keygen(1); None = there is none.

    Of several signatures the best counts, as DSSE has it. A key counts where it was allowed when the receipt says that
    it was given, as git does with the date of a signed commit: a reviewer who left does not take their reviews along.
    Whether the commit in it is the one in a repository is the caller's to compare.
    Raises PodiumError when ssh-keygen cannot be run.
    """
    try:
        opened = open_envelope(envelope)
    except PodiumError as error:
        return Invalid(why=error.what)
    if not opened.signatures:
        return Unsigned(receipt=opened.receipt)
    if len(opened.signatures) > _MOST_SIGNATURES:
        return Invalid(why=f"{len(opened.signatures)} signatures hang on one receipt")
    found = [_worth(opened, signature, allowed_signers) for signature in opened.signatures]
    return min(found, key=lambda each: _PREFERRED.index(type(each)))


def _worth(opened: Opened, signature: Signature, allowed_signers: Path | None) -> Verification:
    """What one signature makes of a receipt."""
    try:
        keyid = sshsig.fingerprint(signature.blob)
    except PodiumError as error:
        return Invalid(why=error.what)
    with tempfile.TemporaryDirectory(prefix="podium-verify-") as name:
        armour = Path(name) / "receipt.sig"
        armour.write_text(sshsig.to_armour(signature))
        return _verify(opened.receipt, opened.signed_bytes, armour, keyid, allowed_signers)


def _verify(receipt: Receipt, signed: bytes, armour: Path, keyid: str, allowed: Path | None) -> Verification:
    sound = _ssh_keygen(["-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(armour)], stdin=signed)
    if sound.returncode != 0:
        return Invalid(why=f"the signature does not fit: {_last(sound.stderr or sound.stdout)}")
    if allowed is None:
        return Untrusted(receipt=receipt, keyid=keyid, why="there is no file of allowed signers")
    try:
        then = f"-Overify-time={moment(receipt.at).astimezone(UTC):%Y%m%d%H%M%S}"
    except (ValueError, OverflowError):
        return Untrusted(receipt=receipt, keyid=keyid, why="the receipt does not say when it was given")
    found = _ssh_keygen(["-Y", "find-principals", then, "-s", str(armour), "-f", str(allowed)])
    principals = [line.strip() for line in found.stdout.splitlines() if line.strip()]
    if found.returncode != 0 or not principals:
        return Untrusted(receipt=receipt, keyid=keyid, why=f"{keyid} is none of the allowed signers")
    for principal in principals:
        command = ["-Y", "verify", then, "-f", str(allowed), "-I", principal, "-n", NAMESPACE, "-s", str(armour)]
        if person.key(principal) == person.key(receipt.reviewer) and not _ssh_keygen(command, stdin=signed).returncode:
            return Verified(receipt=receipt, signer=principal, keyid=keyid)
    why = f"{keyid} belongs to {', '.join(principals)}, but the receipt names {receipt.reviewer}"
    return Untrusted(receipt=receipt, keyid=keyid, why=why)


# --- ssh-keygen -------------------------------------------------------------------------------------------------------

_KEY_ADVICE = "Set one that exists: git config user.signingkey ~/.ssh/id_ed25519 (and gpg.format ssh)."


class _Done(Value, frozen=True, kw_only=True):
    returncode: int
    stdout: str
    stderr: str


def _ssh_keygen(
    arguments: Sequence[str], *, stdin: bytes = b"", agent: str = "", ask: bool = False, timeout: float = 20.0
) -> _Done:
    environment = {"PATH": SEARCH_PATH, "LC_ALL": "C", "TZ": "UTC0", "SSH_ASKPASS_REQUIRE": "never"}
    if agent:
        environment["SSH_AUTH_SOCK"] = agent
    try:
        done = subprocess.run(
            ["ssh-keygen", *arguments],
            input=stdin,
            capture_output=True,
            env=environment,
            timeout=timeout,
            start_new_session=not ask,  # a new session has no terminal: ssh-keygen cannot wait for a passphrase there
            check=False,
        )
    except FileNotFoundError as error:
        raise PodiumError("ssh-keygen is not installed", do="Install OpenSSH's client (openssh-client).") from error
    except subprocess.TimeoutExpired as error:
        raise PodiumError(
            f"ssh-keygen did not answer within {timeout:.0f} seconds", do="If the key is on a device, touch it."
        ) from error
    return _Done(
        returncode=done.returncode,
        stdout=done.stdout.decode("utf-8", "replace"),
        stderr=done.stderr.decode("utf-8", "replace"),
    )


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it said nothing"


def _advice(stderr: str) -> str:
    if "bad permissions" in stderr or "too open" in stderr:
        return "Make the key yours alone: chmod 600 KEY"
    if "passphrase" in stderr:
        return "The key has a passphrase: add it to an SSH agent (ssh-add KEY), then accept again."
    if "agent" in stderr or "No private key" in stderr or "not found" in stderr:
        return "Only the public key is there: start an SSH agent and add the private one (ssh-add KEY)."
    return _KEY_ADVICE
