"""The receipt as a document: an in-toto statement in a DSSE envelope, signed in the SSHSIG format.

    statement   {"_type": in-toto v1, "subject": [commit, tree], "predicateType": urn:podium:receipt:v1, "predicate"}
    envelope    {"payload": base64(statement), "payloadType": ..., "signatures": [{"keyid", "sig"}]}
    signature   over PAE(payloadType, statement), not over the envelope; `sig` is the SSHSIG structure in base64, that
                is an armoured signature file without its first and last line

All JSON is canonical and on one line, so that git, ssh-keygen, sed and base64 can verify it (docs/how-to).
An envelope without a signature has an empty list: it is unsigned, and says so.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from podium.evidence.model import Blind, BrokenBefore, Fails, Holds, Item, NotRun
from podium.evidence.rules import earlier_words
from podium.kernel.errors import PodiumError
from podium.kernel.value import Value, canonical
from podium.review.model import Point, Receipt, Signature
from podium.review.points import Answered, Closed, Met, Open, PointState

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:podium:receipt:v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
NOTES_REF = "refs/notes/podium"
"""Where envelopes are attached to commits."""

NAMESPACE = "podium-receipt"
"""What ssh-keygen calls the namespace: a signature made for another purpose does not count."""


class Opened(Value, frozen=True, kw_only=True):
    """An envelope taken apart. Nothing in it is believed until its signature is verified over `signed_bytes`."""

    receipt: Receipt
    signed_bytes: bytes  # the pre-authentication encoding
    signatures: tuple[Signature, ...]


class _Entry(msgspec.Struct, frozen=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True):
    payload: str
    payloadType: str  # noqa: N815 - the standard's name
    signatures: tuple[_Entry, ...]


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct, frozen=True):
    type: str = msgspec.field(name="_type")
    subject: tuple[_Subject, ...]
    predicateType: str  # noqa: N815 - the standard's name
    predicate: Receipt


def statement(receipt: Receipt) -> bytes:
    """The in-toto statement about the accepted commit and tree, as canonical JSON."""
    return canonical(
        _Statement(
            type=STATEMENT_TYPE,
            subject=(
                _Subject(name="commit", digest={"gitCommit": receipt.commit}),
                _Subject(name="tree", digest={"gitTree": receipt.tree}),
            ),
            predicateType=PREDICATE_TYPE,
            predicate=receipt,
        )
    )


def signed_bytes(receipt: Receipt) -> bytes:
    """What is signed: DSSE's pre-authentication encoding of the statement."""
    return pre_authentication(PAYLOAD_TYPE, statement(receipt))


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """DSSE v1: `DSSEv1 LEN(type) type LEN(payload) payload`, lengths in bytes and decimal."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def envelope(receipt: Receipt, signature: Signature | None) -> str:
    """The DSSE envelope, on one line; without a signature its list of signatures is empty."""
    entries: list[dict[str, Any]] = []
    if signature is not None:
        entries.append({"keyid": signature.keyid, "sig": signature.blob})
    payload = base64.b64encode(statement(receipt)).decode()
    return canonical({"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": entries}).decode()


def open_envelope(text: str) -> Opened:
    """Take an envelope apart. Raises PodiumError when it is no envelope of a receipt, or contradicts itself."""
    try:
        outer = msgspec.json.decode(text.encode(), type=_Envelope)
        payload = base64.b64decode(outer.payload, validate=True)
        inner = msgspec.json.decode(payload, type=_Statement)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, ValueError) as error:
        raise PodiumError(f"this is no envelope of a receipt: {error}") from error
    if outer.payloadType != PAYLOAD_TYPE or inner.type != STATEMENT_TYPE or inner.predicateType != PREDICATE_TYPE:
        raise PodiumError(f"this is no receipt of Podium but {inner.predicateType} in {outer.payloadType}")
    named = {(kind, value) for subject in inner.subject for kind, value in subject.digest.items()}
    if named != {("gitCommit", inner.predicate.commit), ("gitTree", inner.predicate.tree)}:
        raise PodiumError("the receipt's subject is not the commit and tree that it speaks of")
    return Opened(
        receipt=inner.predicate,
        signed_bytes=pre_authentication(outer.payloadType, payload),
        signatures=tuple(Signature(keyid=entry.keyid, blob=entry.sig) for entry in outer.signatures),
    )


def evidence_line(item: Item) -> str:
    """One item of evidence as the receipt states it: kind, name, outcome, id."""
    match item.outcome:
        case Holds():
            outcome = "holds"
        case Fails(why=why):
            outcome = f"fails ({why})"
        case BrokenBefore(why=why):
            outcome = f"broken before ({why})"
        case NotRun(why=why):
            outcome = f"not run ({why})"
        case Blind(why=why):
            outcome = f"blind ({why})"
    earlier = f", {earlier_words(item)}" if item.earlier else ""
    return f"{item.kind} {item.name}: {outcome} [{item.id}]{earlier}"


def point_line(point: Point, state: PointState) -> str:
    """One point as the receipt states it."""
    match state:
        case Open() | Answered():
            return f"{point.id} open"
        case Met(checks=checks):
            return f"{point.id} met: {', '.join(checks)} holds"
        case Closed(why=why, by=by):
            return f"{point.id} closed by {by}: {why}"
