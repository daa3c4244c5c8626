"""Every verb of the command line: where it lives, in which part of the flow it belongs, what it does in a few words.

`podium --help` is printed from this table alone, so that it never loads a verb. A test holds it against the verbs.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One verb: `module` under podium.cli holds a click command named `command`."""

    module: str
    short: str
    section: str = ""
    hidden: bool = False


SECTIONS = ("Set up", "Intend", "Run", "Review", "Land", "Record")

VERBS: dict[str, Entry] = {
    "init": Entry("init", "Put this repository under Podium.", "Set up"),
    "doctor": Entry("doctor", "Tell what works here: git, sandbox, agents, database.", "Set up"),
    "agents": Entry("agents", "List your agents, what each can do and what it lacks; try one.", "Set up"),
    "demo": Entry("demo", "Watch the whole story on a small project, with scripted agents.", "Set up"),
    "completion": Entry("completion", "Print the script that completes names in your shell.", "Set up"),
    "spec": Entry("spec", "Write down what is wanted, clause by clause.", "Intend"),
    "plan": Entry("plan", "Cut a spec into tasks that can be reviewed one by one.", "Intend"),
    "run": Entry("run", "Give the tasks of an approved plan to agents, and follow them.", "Run"),
    "status": Entry("status", "Show where every task stands.", "Run"),
    "attention": Entry("attention", "List what needs you now, most urgent first.", "Run"),
    "watch": Entry("watch", "Watch what an agent does: its messages, calls and questions, as they come.", "Run"),
    "allow": Entry("allow", "Answer yes to what an agent asks.", "Run"),
    "deny": Entry("deny", "Answer no to what an agent asks.", "Run"),
    "answer": Entry("answer", "Answer what an agent asked before it begins.", "Run"),
    "say": Entry("say", "Tell an agent something while it works.", "Run"),
    "acknowledge": Entry("acknowledge", "Say that you have seen a tripwire, and let the agent go on.", "Run"),
    "stop": Entry("stop", "Stop the agents at work on a task, or start no further task of a spec.", "Run"),
    "take-over": Entry("take_over", "Work by hand in an agent's own sandbox while it is paused.", "Run"),
    "pause": Entry("pause", "Pause the agents at work on a task.", "Run"),
    "resume": Entry("resume", "Let paused agents go on.", "Run"),
    "budget": Entry("budget", "Show what models have cost, and set what they may cost (US dollars).", "Run"),
    "worker": Entry("worker", "Do work in the foreground: run agents, gather evidence, land.", "Run"),
    "conductor": Entry("conductor", "Do the work of this state directory until stopped.", "Run", hidden=True),
    "up": Entry("up", "Open the web app in your browser: what needs you, the board, review, and the rest.", "Review"),
    "review": Entry("review", "Read a candidate: what was asked, what Podium observed, then the change.", "Review"),
    "evidence": Entry("evidence", "Show the facts that Podium observed about a candidate.", "Review"),
    "check": Entry("check", "Gather evidence about any branch or pull request, with no task behind it.", "Review"),
    "compare": Entry("compare", "Show the candidates of agents that race on a task side by side.", "Review"),
    "preview": Entry("preview", "Show in a browser what an agent's program serves, until you end it.", "Review"),
    "accept": Entry("accept", "Accept a candidate: you have read it, and you own it.", "Review"),
    "refine": Entry("refine", "Send a candidate back with numbered points.", "Review"),
    "reject": Entry("reject", "Turn a task down for good.", "Review"),
    "land": Entry("land", "Try held landings again, and follow the queue until it is empty.", "Land"),
    "revert": Entry("revert", "Take a landed task back by a revert commit.", "Land"),
    "log": Entry("log", "Tell what happened, newest last.", "Record"),
    "why": Entry("why", "Tell how a line came to be: clause, task, agent, reviewer, receipt, evidence.", "Record"),
    "verify": Entry("verify", "Tell whether commits are exactly what a person accepted, and who.", "Record"),
    "ledger": Entry("ledger", "Verify or export the record of every decision.", "Record"),
    "gc": Entry("gc", "Show what disk space can be freed without losing anything, and free it.", "Record"),
}

SUBVERBS: dict[str, dict[str, Entry]] = {
    "spec": {
        "new": Entry("spec_new", "Begin a spec from a form to fill in."),
        "lint": Entry("spec_lint", "Find what would be misunderstood, before an agent does."),
        "show": Entry("spec_show", "Show a spec as Podium understands it: every clause with its check, and the scope."),
        "list": Entry("spec_list", "List the specs of this repository, and how far each has come."),
    },
    "plan": {
        "draft": Entry("plan_draft", "Draft a plan by rule, for you to edit."),
        "check": Entry("plan_check", "Check a plan against its spec, the repository and the settings."),
        "show": Entry("plan_show", "Show a plan, and whether its approval counts."),
        "approve": Entry("plan_approve", "Approve exactly this plan for exactly this spec."),
    },
    "agents": {
        "test": Entry("agents_test", "Have an agent do one small task in the sandbox."),
        "record": Entry("agents_record", "Tell what became of each agent's work, with counts and intervals."),
    },
    "ledger": {
        "verify": Entry("ledger_verify", "Find any changed, removed or reordered record."),
        "export": Entry("ledger_export", "Print every record as JSON lines."),
    },
}


def entries(group: str) -> dict[str, Entry]:
    """The verbs of the program (`group` empty) or of one of its groups."""
    return SUBVERBS[group] if group else VERBS
