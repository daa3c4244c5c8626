"""Where a transcript is read from: the round's own file, or the database when another machine has the round."""

from __future__ import annotations

from podium.agents.event import Entry, decode
from podium.conductor.desk import Desk
from podium.supervisor.follow import read


class Transcript:
    """One round's transcript, read on from where it was left."""

    def __init__(self, desk: Desk, project: str, run: str, number: int) -> None:
        self._desk = desk
        self._project, self._run, self._number = project, run, number
        self._place = desk.home.round(project, run, number)
        self._offset = 0

    def more(self) -> tuple[Entry, ...]:
        """The entries since the last call; about a megabyte of them at most."""
        if self._place.exists() or self._desk.url.startswith("sqlite"):
            entries, self._offset = read(self._place, self._offset)
            return entries
        return self._fetch()

    def _fetch(self) -> tuple[Entry, ...]:
        from podium.conductor.transcripts import fetch, key  # SQLAlchemy: only where it is needed

        with self._desk.reading(self._project) as state:
            worker = state.runs.by_id[self._run].rounds[self._number - 1].worker
        data = fetch(self._desk, key(self._run, self._number, worker))[self._offset :]
        self._offset += len(data)
        return tuple(decode(line) for line in data.split(b"\n") if line)
