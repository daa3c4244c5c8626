"""`podium answer`: answer what an agent asked before it begins."""

from __future__ import annotations

import click

from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.intent import read_spec, spec_file
from podium.cli.names import SpecName


@click.command(
    cls=Verb,
    examples=(
        "podium answer rate-limit",
        'podium answer rate-limit Q1 -m "per account, not per key"',
        "podium answer rate-limit Q2 --aside",
    ),
)
@click.argument("spec", type=SpecName())
@click.argument("question", required=False, default="")
@click.option("-m", "--message", "text", default="", help="The answer; it is written into the spec, below its clause.")
@click.option("--aside", is_flag=True, help="The question needs no answer.")
@click.pass_obj
def command(context: Context, spec: str, question: str, text: str, aside: bool) -> None:
    """Answer what an agent asked before it begins.

    Without a question, it shows what was asked.
    The answer goes into the spec, so that it reaches every run. The spec is another one then: approve its plan again.
    """
    from podium.conductor.ask_first import answer_question
    from podium.kernel.errors import UsageError

    if not question:
        _show(context, spec)
        return
    if bool(text.strip()) == aside:
        raise UsageError("say what is decided, or that nothing has to be", do="Give -m TEXT, or --aside.")
    path = spec_file(context, spec)
    project = context.project.id
    done = answer_question(
        context.desk, project, spec, question, text, root=context.root, path=path, actor=context.actor
    )
    left = sum(each.open for each in context.desk.look(project).plans.questions(spec))
    output = context.output
    output.document({"spec": spec, "question": done.id, "clause": done.clause, "open": left})
    output.line(f"{output.paint('set aside' if aside else 'answered', 'good')}  {spec} {done.id} ({done.clause})")
    if not aside:
        output.line(f"  It is in {path}, below {done.clause}.")
    if left:
        output.line(f"  {left} more: podium answer {spec}")
    else:
        output.line(f"  Next: podium plan approve {spec}   then   podium run {spec}")


def _show(context: Context, spec: str) -> None:
    found = context.desk.look(context.project.id).plans.questions(spec)
    output = context.output
    if not found:
        read_spec(context, spec)  # that there is one at all
    output.document({"spec": spec, "questions": found})
    if not found:
        output.line("No agent has asked anything about it.")
    for each in found:
        state = "open" if each.open else f"answered by {each.answered_by}" if each.answer else "set aside"
        head = f"{output.paint(each.id, 'name')}  {each.clause}  {each.task}, {output.safe(each.agent)}"
        output.line(f"{head}  {output.paint(output.safe(state), 'warn' if each.open else 'quiet')}")
        output.line(f"    {output.safe(each.text)}")
        if each.answer:
            output.line(f"    {output.paint('decided:', 'good')} {output.safe(each.answer)}")
