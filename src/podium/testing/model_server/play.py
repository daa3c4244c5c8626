"""Which turn of the script answers a request. Pure: the same request always gets the same answer."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import msgspec

from podium.kernel.ids import digest
from podium.kernel.value import Value, canonical
from podium.testing.actions import Run
from podium.testing.model_server import shell_text
from podium.testing.model_server.steps import ModelScript, TurnPlan, turns
from podium.testing.model_server.talk import Conversation, Reply
from podium.testing.model_server.toolbox import call

UNKNOWN: Final = "[scripted] No prompt of the script matches this conversation."
OVER: Final = "[scripted] The script has nothing more to say."
NO_TOOL: Final = "[scripted] None of the offered tools can do this: "

FAREWELL: Final = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""mini-swe-agent is done only when a command prints this; its prompts name it."""


class Played(Value, frozen=True, kw_only=True):
    """The answer, and where it stands in the script."""

    reply: Reply
    plan: TurnPlan = TurnPlan()
    prompt: int | None = None  # index of the prompt; None when none matches
    turn: int = 0  # from 0
    told: str = ""  # digest of the prompt's text: what a fault is counted by


def play(script: ModelScript, conversation: Conversation) -> Played:
    """The scripted answer to a request."""
    base = Reply(id=digest(canonical(conversation))[7:31], input_tokens=_tokens(conversation), output_tokens=12)
    found = _last_prompt(script, conversation)
    if found is None:
        return Played(reply=msgspec.structs.replace(base, texts=(UNKNOWN,)))
    number, place = found
    turn = _turns_since(conversation, place)
    told = digest(conversation.items[place].text.encode())
    plans = turns(script.prompts[number].steps)
    if turn >= len(plans):
        over = msgspec.structs.replace(base, texts=(OVER,))
        return Played(reply=over, prompt=number, turn=turn, told=told)
    plan = plans[turn]
    return Played(reply=_reply(base, plan, script, conversation), plan=plan, prompt=number, turn=turn, told=told)


def _reply(base: Reply, plan: TurnPlan, script: ModelScript, conversation: Conversation) -> Reply:
    texts, made = plan.texts, None
    action = plan.action
    if action is None and not plan.refused and any(FAREWELL in item.text for item in conversation.items):
        action = Run(command=f"echo {FAREWELL} && " + shell_text.printed("\n".join(texts)))
    if action is not None:
        made = call(action, conversation.tools, workdir=script.workdir, id=base.id)
        if made is None:
            texts = (*texts, NO_TOOL + type(action).__name__.lower())
    usage = plan.usage
    return msgspec.structs.replace(
        base,
        texts=texts,
        thoughts=plan.thoughts,
        call=made,
        refused=plan.refused,
        input_tokens=usage.input if usage else base.input_tokens,
        output_tokens=usage.output if usage else base.output_tokens,
    )


def _last_prompt(script: ModelScript, conversation: Conversation) -> tuple[int, int] | None:
    """The index of the prompt that was given last, and of the item that holds it."""
    for place in range(len(conversation.items) - 1, -1, -1):
        item = conversation.items[place]
        if item.role != "user":
            continue
        for number, prompt in enumerate(script.prompts):
            if re.search(prompt.match, item.text):
                return number, place
    return None


def _turns_since(conversation: Conversation, place: int) -> int:
    """How often the model has spoken since; what it said in one breath comes as several items in some APIs."""
    roles = [item.role for item in conversation.items[place:]]
    return sum(1 for before, role in pairwise(roles) if role == "model" and before != "model")


def _tokens(conversation: Conversation) -> int:
    """About what a provider would count: four characters are a token."""
    return 10 + sum(len(item.text) for item in conversation.items) // 4
