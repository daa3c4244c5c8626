"""Where a transcript is read from: the round's own file, or the database when another machine has the round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podium.cli.context import Context

if TYPE_CHECKING:
    from podium.agents.event import Entry
    from podium.runs.model import Run


class Transcript:
    """One round's transcript, read on from where it was left."""

    def __init__(self, context: Context, project: str, run: Run, number: int) -> None:
        self._context = context
        self._project, self._run, self._number = project, run, number
        self._place = context.home.round(project, run.id, number)
        self._offset = 0

    def more(self) -> tuple[Entry, ...]:
        """The entries since the last call; about a megabyte of them at most."""
        from podium.conductor.transcripts import is_shared
        from podium.supervisor.follow import read

        if self._place.exists() or not is_shared(self._context.desk):
            entries, self._offset = read(self._place, self._offset)
            return entries
        return self._fetch()

    def _fetch(self) -> tuple[Entry, ...]:
        from podium.agents.event import decode
        from podium.conductor.transcripts import fetch, key

        worker = self._context.desk.look(self._project).runs.by_id[self._run.id].rounds[self._number - 1].worker
        data = fetch(self._context.desk, key(self._run.id, self._number, worker))[self._offset :]
        self._offset += len(data)
        return tuple(decode(line) for line in data.split(b"\n") if line)
