"""What is unusual about a repository, and what it means for agents."""

from __future__ import annotations

from podium.git.user_repository import UserRepository

LARGE = 50_000_000
"""Bytes from which a tracked file is worth a word."""


def repository_notes(repository: UserRepository) -> list[str]:
    """One sentence for each unusual thing; empty for an ordinary repository."""
    facts = repository.facts()
    notes: list[str] = []
    if facts.shallow:
        notes.append("a shallow clone: history ends early; for all of it: git fetch --unshallow")
    if facts.partial:
        notes.append("a partial clone: missing files are fetched when they are needed")
    if facts.submodules:
        names = ", ".join(facts.submodules[:3]) + (" ..." if len(facts.submodules) > 3 else "")
        notes.append(f"submodules ({names}) are empty directories for agents")
    if facts.lfs:
        notes.append(f"{len(facts.lfs)} files are in Git LFS: agents see pointers, not contents")
    large = [entry for entry in repository.tracked_sizes() if (entry.size or 0) >= LARGE]
    if large:
        notes.append(f"{len(large)} files are larger than 50 MB; the largest is {large[0].path}")
    return notes
