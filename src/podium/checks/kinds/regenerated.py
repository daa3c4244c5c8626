"""Generated files, made again: does the command that podium.toml names make exactly the files that the candidate has?

The files are taken away first, so that a generator which does nothing proves nothing; what it makes is compared outside
of the sandbox, byte by byte. The generator is the candidate's own: a change to it, or to what it reads, is a change of
its own, which nothing folds.
"""

from __future__ import annotations

import shlex

from podium.checks.bench import Bench
from podium.checks.kind import Answer, Cost, GatherOrder, Job
from podium.evidence.fingerprint import Findings
from podium.evidence.model import Blind, Fails, Holds, NotRun
from podium.evidence.outcome import last_line
from podium.project.globs import matcher
from podium.project.model import Generated

NAME = "regenerated"
_MOST = 100


class Regenerated:
    """One job for each entry of `[[generated]]` of which the candidate changes a file."""

    name = NAME

    def jobs(self, order: GatherOrder) -> tuple[Job, ...]:
        wanted = ((each, _changed(order, each)) for each in order.settings.generated)
        return tuple(_job(each, paths) for each, paths in wanted if paths)


def _changed(order: GatherOrder, generated: Generated) -> tuple[str, ...]:
    made = matcher(generated.paths)
    return tuple(change.path for change in order.changes if made(change.path) and change.status != "deleted")


def _job(generated: Generated, paths: tuple[str, ...]) -> Job:
    async def work(bench: Bench) -> Answer:
        return await _work(bench, generated.command, paths)

    return Job(kind=NAME, name=f"{NAME}: {generated.command}", work=work, cost=Cost.CHECK, command=generated.command)


async def _work(bench: Bench, command: str, paths: tuple[str, ...]) -> Answer:
    odd = [path for path in paths if path.startswith('"')]
    if odd or len(paths) > _MOST:
        why = f"{odd[0]} has a name that no command line should hold" if odd else f"more than {_MOST} files"
        return Answer(outcome=Blind(why=why), tool="podium")
    names = [f"made-{number}" for number in range(len(paths))]
    quoted = [shlex.quote(f"./{path}") for path in paths]
    keep = "".join(
        f'; if test -f {path}; then cp -P -- {path} "$PODIUM_OUT/{name}"; fi'
        for path, name in zip(quoted, names, strict=True)
    )
    script = f"rm -f -- {' '.join(quoted)}; ( {command}\n); podium_code=$?{keep}; exit $podium_code"
    seen = await bench.observe("candidate", script, timeout_seconds=bench.order.check_seconds, artefacts=tuple(names))
    ran = seen.execution
    if ran.how != "exited":
        return Answer(
            outcome=NotRun(why=f"the generator did not end by itself: {ran.how}"), candidate=ran, tool="podium"
        )
    if ran.exit_code:
        why = f"the generator ends with {ran.exit_code}: {last_line(ran.output)}"
        return Answer(outcome=Fails(why=why), candidate=ran, tool="podium")
    found = Findings()
    for path, name in zip(paths, names, strict=True):
        if name not in seen.artefacts:
            found.add("not-made", "warning", f"the generator does not make {path}", path=path)
        elif seen.artefacts[name] != bench.source.read("candidate", path):
            found.add("not-as-made", "warning", f"{path} is not what the generator makes", path=path)
    told = f"{found.count} of {len(paths)} generated files are not what the generator makes"
    outcome = Fails(why=told) if found.count else Holds()
    return Answer(outcome=outcome, findings=found.all(), candidate=ran, tool="podium")


REGENERATED = Regenerated()
