"""`specs/NAME.plan.toml` to a `Plan`, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import wrap

from podium.kernel.errors import UsageError
from podium.plan.model import Plan, Task
from podium.project.agents import NAME
from podium.project.globs import fault_of
from podium.project.toml_reader import Document, Table
from podium.project.toml_text import toml_text, toml_texts
from podium.spec.blob import blob_id

SUFFIX = ".plan.toml"
MOST_TASKS = 200

_TASK_ID = re.compile(r"T[1-9][0-9]{0,3}")
_AGENT = re.compile(NAME)
_CLAUSE = re.compile(r"[BED][1-9][0-9]{0,3}")


def parse_plan(content: bytes | str, path: str, spec: str) -> Plan:
    """The plan for the spec of this name.

    Only the form is checked here (see `podium.plan.checks.check_plan` for the rest). Raises UsageError that names the
    line of every fault and what to write instead.
    """
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    document = Document(raw, path)
    root = document.root
    if root.has("tasks") and not root.has("task"):
        root.fault("tasks", "'tasks' is not known.", "Begin each task with a line [[task]].")
    tables = root.tables("task")
    if not tables:
        root.fault("task", "The plan has no task.", "Begin each task with a line [[task]].")
    if len(tables) > MOST_TASKS:
        root.fault("task", f"The plan has {len(tables)} tasks.", f"Split the spec: at most {MOST_TASKS} are read.")
    tasks = tuple(_task(table) for table in tables[:MOST_TASKS])
    root.finish()
    document.check()
    return Plan(spec=spec, tasks=tasks, text=document.text, blob=blob_id(raw), path=path)


def _task(table: Table) -> Task:
    number = table.text("id")
    if not _TASK_ID.fullmatch(number):
        table.fault("id", f"{number!r} is not the id of a task.", 'Number the tasks: "T1", "T2" ...')
    title = " ".join(table.text("title").split())
    if not title:
        table.fault("title", f"Task {number} has no title.", 'Add a line title = "what it does, in a few words".')
    clauses = table.texts("clauses")
    for clause in clauses:
        if not _CLAUSE.fullmatch(clause):
            table.fault("clauses", f"{clause!r} is not the id of a clause.", 'Write ids such as "B1", "E2" or "D1".')
    scope = table.texts("scope")
    for glob in scope:
        fault = fault_of(glob)
        if fault is not None:
            table.fault("scope", f"{glob!r}: {fault[0]}.", f"{fault[1][0].upper()}{fault[1][1:]}.")
    agents = table.texts("agents")
    for agent in agents:
        if not _AGENT.fullmatch(agent):
            table.fault("agents", f"{agent!r} is not the name of an agent.", 'Write names such as "claude".')
    task = Task(
        id=number,
        title=title,
        clauses=clauses,
        scope=scope,
        depends_on=table.texts("depends_on"),
        agents=agents,
        budget=table.whole("budget", 400, least=1),
        usd=table.number("usd", 0.0),
        instructions=table.text("instructions").strip(),
        line=table.line,
    )
    table.finish()
    return task


def render_plan(plan: Plan, comments: Mapping[str, str] | None = None, head: str = "") -> str:
    """The plan's tasks as a TOML document that `parse_plan` reads back.

    `comments` maps the id of a task to the comment above it; `head` is the comment at the top.
    """
    parts = [_comment(head)] if head else []
    for task in plan.tasks:
        lines = [_comment(comments[task.id])] if comments and comments.get(task.id) else []
        lines += ["[[task]]", f"id = {toml_text(task.id)}", f"title = {toml_text(task.title)}"]
        lines.append(f"clauses = {toml_texts(task.clauses)}")
        lines.append(f"scope = {toml_texts(task.scope)}")
        if task.depends_on:
            lines.append(f"depends_on = {toml_texts(task.depends_on)}")
        if task.agents:
            lines.append(f"agents = {toml_texts(task.agents)}")
        lines.append(f"budget = {task.budget}")
        if task.usd:
            lines.append(f"usd = {task.usd}")
        if task.instructions:
            lines.append(f"instructions = {_long(task.instructions)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _comment(text: str) -> str:
    lines = [part for line in text.splitlines() for part in (wrap(line, 100, break_long_words=False) or [""])]
    plain = ("".join(char if char.isprintable() else " " for char in line) for line in lines)
    return "\n".join(f"# {line}".rstrip() for line in plain)


def _long(text: str) -> str:
    if "\n" not in text:
        return toml_text(text)
    lines = [toml_text(line)[1:-1].replace('\\"', '"').replace('"""', '\\"\\"\\"') for line in text.split("\n")]
    body = "\n".join(lines)
    return f'"""\n{body}\\\n"""' if body.endswith('"') else f'"""\n{body}"""'


def plan_path(specs: str, spec: str) -> str:
    """Where the plan of a spec is kept: `specs/NAME.plan.toml`."""
    return f"{specs}/{spec}{SUFFIX}"


def parse_proposed_plan(answer: str, spec: str) -> Plan:
    """The plan in an agent's answer: its last fenced block that holds `[[task]]`, or the whole answer.

    The answer is untrusted text: what comes of it is a draft for a person, checked like any other. Raises UsageError
    when there is no plan in it, or the plan has faults.
    """
    blocks = re.findall(r"^```[^\n`]*\n(.*?)^```", answer[-200_000:], re.DOTALL | re.MULTILINE)
    found = [block for block in blocks if "[[task]]" in block] or ([answer] if "[[task]]" in answer else [])
    if not found:
        raise UsageError(
            "the agent's answer holds no plan",
            where="the proposed plan",
            do="Ask again, or draft one by rule: podium plan draft " + spec,
        )
    return parse_plan(found[-1], "the proposed plan", spec)
