"""Who a person is, as far as git knows: a name and an address that nobody has verified unless a signature does."""

from __future__ import annotations

import re

from podium.kernel.errors import PodiumError, UsageError

_PREFIX = "person:"
_FORM = re.compile(r"^(?P<name>[^<>\n]*)<(?P<mail>[^<>\n]*)>\s*$")


def person(actor: str) -> str:
    """The person behind an actor of the ledger, without the prefix; empty when it is no person."""
    return actor.removeprefix(_PREFIX).strip() if actor.startswith(_PREFIX) else ""


def require_person(actor: str, act: str) -> str:
    """The person behind `actor`. Raises PodiumError when it is an agent, a worker or nobody: they cannot `act`.

    A name goes into trailers and receipts: UsageError for one with characters that would break out of its line, or that
    cannot be seen.
    """
    name = person(actor)
    if not name:
        raise PodiumError(
            f"only a named person can {act} a task, not {actor or 'nobody'}",
            do="Set your name: git config user.name 'Ada Lovelace'; git config user.email ada@example.org",
        )
    if not name.isprintable() or not key(name).strip("<> "):
        raise UsageError(
            f"{name!r} is not a name that can be recorded",
            do='Write it as "Ada Lovelace <ada@example.org>", on one line.',
        )
    return name


def mail(name: str) -> str:
    """The address in `name`, folded; empty when there is none."""
    found = _FORM.match(name)
    return found["mail"].strip().casefold() if found else ""


def key(name: str) -> str:
    """What marks are kept under: the address where there is one, else the name, folded."""
    return mail(name) or name.strip().casefold()


def short_name(name: str) -> str:
    """The name without its address, for a line that has no room for both."""
    found = _FORM.match(name)
    return (found["name"].strip() or found["mail"].strip()) if found else name


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person: the same address or the same name.

    Errs towards yes, because it guards the rule of two reviewers.
    """
    return key(one) == key(other) or _bare(one) == _bare(other)


def _bare(name: str) -> str:
    found = _FORM.match(name)
    bare = found["name"] if found else name
    return " ".join(bare.casefold().split()) or key(name)
