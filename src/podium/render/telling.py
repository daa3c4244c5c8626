"""What happened, in words: one ledger record as one line for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from podium.ledger.event import Record
from podium.render.paint import Tone


@dataclass(frozen=True)
class Told:
    """One record in words. `about` is a task's full name, a spec, or empty for the project."""

    about: str
    text: str
    tone: Tone = "plain"


class Teller:
    """Tells the records of one chain. Feed it all of them in order: a run is named by the task it was started for."""

    def __init__(self) -> None:
        self._tasks: dict[str, str] = {}
        self._entries: dict[str, str] = {}

    def tell(self, record: Record) -> Told:
        """The record in words; one of a kind that is not known here is told by its kind."""
        data: dict[str, Any] = msgspec.json.decode(record.data)
        noun = record.kind.partition(".")[0]
        match noun:
            case "runs":
                return self._run(record.kind, data)
            case "landing":
                return self._landing(record.kind, data)
            case "review":
                return _review(record.kind, data)
            case "evidence":
                return self._evidence(record.kind, data)
            case _:
                return _intent(record.kind, data)

    def _run(self, kind: str, data: dict[str, Any]) -> Told:
        if kind == "runs.budget-set":
            key = str(data["key"])
            about = "" if data["scope"] == "day" else self._tasks.get(key.rpartition(".")[0], key)
            return Told(about, f"the {data['scope']} may cost ${data['usd']:.2f}, set by {data['by']}")
        run = str(data["run"])
        if kind == "runs.started":
            self._tasks[run] = f"{data['spec']}/{data['task']}"
            return Told(self._tasks[run], f"given to {data['agent']}")
        about = self._tasks.get(run, run)
        if kind == "runs.archived":
            return Told(about, f"run archived: {data['why']}", "quiet")
        text, tone = _round(kind, data)
        return Told(about, f"round {data['round']}: {text}", tone)

    def _landing(self, kind: str, data: dict[str, Any]) -> Told:
        entry = str(data["entry"])
        if "task" in data:
            self._entries[entry] = f"{data['spec']}/{data['task']}"
        about = self._entries.get(entry, entry)
        match kind:
            case "landing.ordered":
                return Told(about, "entered the landing queue")
            case "landing.revert-ordered":
                reason = f": {data['reason']}" if data.get("reason") else ""
                return Told(about, f"to be taken back{reason}", "warn")
            case "landing.landed":
                return Told(about, f"landed on {data['target']} as {data['commit'][:10]}", "good")
            case "landing.returned":
                return Told(about, f"could not land: {data['why']}", "bad")
            case "landing.held":
                return Told(about, f"landing is held: {data['why']}", "warn")
            case "landing.work-ordered":
                return Told(about, "merge and checks ordered", "quiet")
            case "landing.resumed":
                return Told(about, "landing is tried again")
            case _:
                return Told(about, kind)

    def _evidence(self, kind: str, data: dict[str, Any]) -> Told:
        about = self._tasks.get(str(data["run"]), str(data["run"]))
        if kind == "evidence.finished":
            count = len(data["items"])
            more = len(data.get("pending", ()))
            what = "evidence complete for a verdict" if more else "evidence complete"
            text = f"{what} ({count} items, {data['seconds']:.0f} s)" + (f"; {more} more to come" if more else "")
            return Told(about, f"round {data['round']}: {text}")
        if kind == "evidence.closed":
            why = f", but not all: {data['why']}" if data.get("why") else ""
            return Told(about, f"round {data['round']}: all evidence was gathered{why}", "quiet")
        item = data["item"]
        outcome = str(item["outcome"]["type"])
        why = item["outcome"].get("why", "")
        required = item["required"]
        calm = outcome == "holds" or (outcome == "blind" and not required)
        tone: Tone = "quiet" if calm else "bad" if outcome == "fails" and required else "warn"
        text = f"round {data['round']}: {item['name']}: {outcome}" + (f", {why}" if why else "")
        return Told(about, text if required or outcome == "holds" else f"{text} (not required)", tone)


def _round(kind: str, data: dict[str, Any]) -> tuple[str, Tone]:
    match kind:
        case "runs.round-ordered":
            points = f" to meet {', '.join(data['points'])}" if data.get("points") else ""
            return f"ordered on {data['base'][:10]}{points}", "plain"
        case "runs.round-claimed":
            return f"taken by {data['worker']}", "quiet"
        case "runs.boundary-recorded":
            return f"boundary: {data['boundary']['tier']} sandbox for {data['boundary']['agent']}", "quiet"
        case "runs.agent-started":
            again = f", attempt {data['attempt']}" if data["attempt"] > 1 else ""
            return f"agent started ({data['resumption']}{again})", "plain"
        case "runs.permission-asked":
            return f"asks for permission: {data['request']['title']}", "warn"
        case "runs.permission-answered":
            answer = "allowed" if data["allowed"] else "denied"
            return f"permission {answer}" + (f" by {data['rule']}" if data.get("rule") else ""), "plain"
        case "runs.tripwire-tripped" | "runs.tripwire-cleared" | "runs.tripwire-acknowledged":
            return _tripwire(kind, data)
        case "runs.wait-began":
            until = f", until {data['wait']['resumes_at']}" if data["wait"].get("resumes_at") else ""
            return f"stands still: {data['wait']['detail']}{until}", "warn"
        case "runs.wait-ended":
            return f"goes on ({data['on']})", "quiet"
        case "runs.steered":
            return data["what"] + (f": {data['text']}" if data.get("text") else ""), "plain"
        case "runs.handed-back":
            count = _count(len(data["paths"]) + data.get("beyond", 0), "file")
            return f"{data['by']} worked in its workspace by hand: {count} changed", "warn"
        case "runs.agent-ended":
            return f"agent ended: {data['outcome']}", "plain" if data["outcome"] == "completed" else "warn"
        case "runs.candidate-harvested":
            candidate = data["candidate"]
            size = f"{_count(candidate['files'], 'file')}, +{candidate['added']} -{candidate['removed']}"
            return f"candidate {candidate['commit'][:10]} ({size})", "plain"
        case "runs.round-delivered":
            return "ready for review", "strong"
        case "runs.round-failed":
            return f"failed: {data['reason']}", "bad"
        case "runs.round-stopped":
            return f"stopped by {data['by']}", "warn"
        case _:
            return kind, "plain"


def _tripwire(kind: str, data: dict[str, Any]) -> tuple[str, Tone]:
    match kind:
        case "runs.tripwire-tripped":
            return f"tripwire {data['trip']['name']}: {data['trip']['detail']}", "warn"
        case "runs.tripwire-cleared":
            return f"tripwire {data['name']} cleared", "quiet"
        case _:
            return f"{data['by']} has seen: {', '.join(data['names'])}", "quiet"


def _review(kind: str, data: dict[str, Any]) -> Told:
    about = f"{data['spec']}/{data['task']}"
    match kind:
        case "review.looked":
            return Told(about, f"round {data['round']} opened for review", "quiet")
        case "review.hunks-marked":
            return Told(about, f"{_count(len(data['hunks']), 'hunk')} marked {data['mark']}", "quiet")
        case "review.point-raised":
            return Told(about, f"{data['point']['id']}: {data['point']['text']}", "warn")
        case "review.point-closed":
            return Told(about, f"{data['point']} closed: {data['why']}")
        case "review.approval-given":
            return Told(about, f"round {data['round']} approved, one of two persons")
        case "review.accepted":
            signed = "signed" if data["accepted"]["signed"] else "unsigned"
            return Told(about, f"round {data['round']} accepted ({signed} receipt)", "good")
        case "review.refined":
            points = "; ".join(f"{point['id']} {point['text']}" for point in data["points"])
            return Told(about, f"round {data['round']} sent back: {points}", "warn")
        case "review.rejected":
            return Told(about, f"rejected: {data['reason']}", "bad")
        case "review.accept-voided":
            return Told(about, f"accept voided: {data['why']}", "warn")
        case _:
            return Told(about, kind)


def _intent(kind: str, data: dict[str, Any]) -> Told:
    match kind:
        case "project.registered":
            project = data["project"]
            return Told("", f"project {project['name']} registered; work lands on {project['target']}")
        case "project.settings-recorded":
            return Told("", "podium.toml recorded", "quiet")
        case "spec.recorded":
            return Told(data["name"], f"spec recorded: {data['title']}")
        case "plan.approved":
            return Told(data["plan"]["spec"], f"plan approved ({_count(len(data['plan']['tasks']), 'task')})", "good")
        case "plan.withdrawn":
            return Told(data["spec"], f"approval withdrawn: {data['reason']}", "warn")
        case "plan.dispatch-ordered":
            chosen = f"; {data['why']}" if data.get("why") else ""
            return Told(data["spec"], f"run ordered: {', '.join(data.get('tasks', ())) or 'all tasks'}{chosen}")
        case "plan.dispatch-halted":
            return Told(data["spec"], "no further task is started", "warn")
        case _:
            return Told("", kind)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
