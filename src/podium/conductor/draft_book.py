"""A person's drafts, kept in the state directory of this machine: nobody else sees them, and no crash loses them.

One file for each person and task, replaced as a whole; a lock file beside it serialises windows and processes.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from podium.conductor.home import Home
from podium.kernel.ids import digest
from podium.kernel.value import canonical
from podium.review import drafts
from podium.review.drafts import Draft, Drafts
from podium.review.model import Point
from podium.review.person import key, require_person
from podium.supervisor.files import write_whole


@dataclass(frozen=True)
class DraftBook:
    """The drafts of one person on one task. Make it with `open_drafts`."""

    file: Path

    def read(self, points: Iterable[Point] = ()) -> tuple[Draft, ...]:
        """The drafts, oldest first, without those that were sent already (`points` of the task's review tell)."""
        return drafts.unsent(self._load(), points).drafts

    def put(self, draft: Draft) -> tuple[Draft, ...]:
        """Keep a draft, new or changed; it is on disk when this returns. Raises as `podium.review.drafts.put` does."""
        with self._held() as known:
            return self._save(drafts.put(known, draft))

    def drop(self, ids: Iterable[str]) -> tuple[Draft, ...]:
        """Forget drafts, because they were sent or thrown away."""
        with self._held() as known:
            return self._save(drafts.drop(known, ids))

    @contextmanager
    def _held(self) -> Generator[Drafts]:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._load()
        finally:
            os.close(lock)

    def _load(self) -> Drafts:
        """What is kept; a file that cannot be understood is set aside, never overwritten."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=Drafts)
        except FileNotFoundError:
            return Drafts()
        except msgspec.MsgspecError:
            self.file.rename(self.file.with_suffix(f".damaged-{os.urandom(4).hex()}"))
            return Drafts()

    def _save(self, known: Drafts) -> tuple[Draft, ...]:
        write_whole(self.file, canonical(known))
        self.file.chmod(0o600)
        return known.drafts


def open_drafts(home: Home, project: str, actor: str, spec: str, task: str) -> DraftBook:
    """The drafts of the person behind `actor` on a task. Raises PodiumError when it is no person."""
    return DraftBook(private_place(home, project, actor) / f"drafts-{_name(spec, task)}.json")


def private_place(home: Home, project: str, actor: str) -> Path:
    """Where on this machine is kept what belongs to one person and is nobody else's business."""
    who = key(require_person(actor, "review"))
    return home.project(project) / "people" / digest(who.encode())[7:39]


def _name(spec: str, task: str) -> str:
    return digest(canonical([spec, task]))[7:39]
