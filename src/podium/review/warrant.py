"""The warrant of a commit: whether it can be proven, without Podium's ledger, that a person accepted exactly this.

A closed union. The commit, its receipt and the people who sign are all that it is founded on, so that anybody who has
a clone and the reviewers' public keys comes to the same answer.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from podium.kernel.value import Value
from podium.review.model import Receipt

Required = Literal["sound", "receipt", "signature"]
"""What a gate asks: that nothing is forged; that all was accepted; that all was accepted under a trusted signature."""


class Trusted(Value, frozen=True, kw_only=True, tag="trusted"):
    """It brings exactly what its reviewer accepted, and signed with a key that is known to be theirs."""

    receipt: Receipt
    signer: str
    keyid: str


class Unproven(Value, frozen=True, kw_only=True, tag="unproven"):
    """It brings exactly what its receipt says, but nothing proves who gave that: no signature, or an unknown key."""

    receipt: Receipt
    why: str


class TakesBack(Value, frozen=True, kw_only=True, tag="revert"):
    """It undoes exactly one commit and does nothing else. Nobody signs that."""

    reverted: str


class Merges(Value, frozen=True, kw_only=True, tag="merge"):
    """It joins its parents and brings nothing of its own."""


class Outside(Value, frozen=True, kw_only=True, tag="outside"):
    """It does not say that it came through Podium."""


class Missing(Value, frozen=True, kw_only=True, tag="missing"):
    """It names a receipt, and what it takes to judge it is not here."""

    what: str
    do: str


class Forged(Value, frozen=True, kw_only=True, tag="forged"):
    """What it claims is not so."""

    why: str


Warrant: TypeAlias = Trusted | Unproven | TakesBack | Merges | Outside | Missing | Forged


def suffices(found: Warrant, required: Required) -> bool:
    """Whether a gate that asks this much lets it through."""
    match found:
        case Trusted() | Merges():
            return True
        case Unproven() | TakesBack():
            return required != "signature"
        case Outside() | Missing():
            return required == "sound"
        case Forged():
            return False
