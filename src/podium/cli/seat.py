"""The seat of the web app, made from where it was called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podium.cli.background import ensure_conductor
from podium.cli.context import Context

if TYPE_CHECKING:
    from podium.api.seat import Seat
    from podium.review.ports import Signer


def make_seat(context: Context) -> Seat:
    """The seat of the person who called. Raises NotFoundError when the repository is not under Podium."""
    from podium.api.seat import Seat
    from podium.conductor.sources import Sources
    from podium.conductor.ssh_signing import signer as make_signer

    def signer() -> Signer:
        key = context.repository.signing_key()
        agent = context.environ.get("SSH_AUTH_SOCK", "")
        return make_signer(key.key if key.format == "ssh" else "", agent=agent)

    return Seat(
        desk=context.desk,
        project=context.project.id,
        sources=Sources(context.root, context.repository),
        path=context.path,
        actor=lambda: context.actor,
        signer=signer,
        ensure_conductor=lambda: ensure_conductor(context),
        environ=context.environ,
    )
