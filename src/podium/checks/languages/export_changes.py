"""What files of JavaScript, TypeScript, Go and Rust no longer offer to others."""

from __future__ import annotations

from podium.checks.bench import Bench
from podium.checks.languages.changed import foreign_sources
from podium.checks.languages.exports import Export, breaks, exports
from podium.checks.ports import UnreadableError
from podium.checks.reading import reading
from podium.evidence.fingerprint import Findings
from podium.evidence.grammar import family_of
from podium.runs.model import FileChange


def foreign_changes(bench: Bench, found: Findings) -> tuple[str, ...]:
    """Note each exported name that is gone or that old uses may not fit; returns why files could not be read."""
    blind: list[str] = []
    sides: list[tuple[FileChange, dict[str, Export], dict[str, Export]]] = []
    for change, old, new in reading(bench.source, foreign_sources(bench.order.changes), blind):
        try:
            sides.append((change, _offered(change.old_path, old), _offered(change.path, new)))
        except UnreadableError as error:
            blind.append(f"{change.path}: {error}")
    everywhere = {name for _, _, new in sides for name in new}
    for change, old, new in sides:
        for name, was in old.items():
            now = new.get(name)
            if now is None:
                # Go and Rust name what is used by its package, so that another file of it may hold it now.
                if name in everywhere and family_of(change.old_path) != "js":
                    continue
                moved = "; a name like it is in another changed file" if name in everywhere else ""
                place = change.old_path
                found.add("name-gone", "warning", f"{name} is gone{moved}", path=place, line=was.line, side="old")
            elif why := breaks(was, now):
                found.add("signature", "warning", f"{name}: {why}", path=change.path, line=now.line)
    return tuple(blind)


def _offered(path: str, text: bytes) -> dict[str, Export]:
    return exports(path, text) if text and family_of(path) else {}
