"""Asking agents for their questions before `podium run` gives them their tasks."""

from __future__ import annotations

from podium.cli.context import Context
from podium.kernel.errors import UsageError


def ask_before_start(
    context: Context, spec: str, tasks: tuple[str, ...], agents: tuple[str, ...], *, wish: bool | None
) -> None:
    """Ask about each task that has not begun; nothing where that is not wanted, or an agent was asked already.

    `wish` is what the person said, else the settings decide. Raises UsageError when questions wait for an answer.
    """
    if wish is False:
        return
    from podium.cli.working import make_shop
    from podium.conductor import ask_first
    from podium.conductor.before_start import how_many
    from podium.conductor.note_settings import note_settings

    note_settings(context.desk, context.project.id, context.settings_text, actor=context.actor)
    waiting = ask_first.ask_before_start(
        context.desk,
        lambda: make_shop(context),
        context.project.id,
        spec,
        tasks,
        agents,
        settings=context.settings,
        wish=wish,
        begin=context.output.note,
        tell=context.output.note,
    )
    if waiting:
        raise UsageError(
            how_many(waiting),
            where=spec,
            do="\n".join(
                [
                    *(f"{each.id} ({each.clause}): {context.output.safe(each.text)}" for each in waiting),
                    f'podium answer {spec} {waiting[0].id} -m "what is decided"   (--aside where nothing has to be)',
                    f"podium run {spec} --no-ask-first   starts without the answers",
                ]
            ),
        )
