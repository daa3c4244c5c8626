"""Commits, trees, notes and blame: reading and writing history in the mirror."""

from __future__ import annotations

import re
from collections.abc import Sequence

from podium.git.mirror import Mirror
from podium.git.model import BlameLine, CommitInfo, Identity, TreeEntry
from podium.git.paths import to_bytes, to_text
from podium.git.run import failure
from podium.kernel.clock import moment
from podium.kernel.errors import ConflictError, NotFoundError, UsageError

_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)> ?(?P<at>.*)")
_GIT_DATE = re.compile(r"\d+ [+-]\d{4}")


def commit_info(mirror: Mirror, commit: str) -> CommitInfo:
    """What a commit says of itself. Raises NotFoundError."""
    sha = mirror.resolve(commit)
    if sha is None:
        raise NotFoundError(f"no such commit: {commit}")
    raw = mirror.objects.read(sha)[1].decode("utf-8", "replace")
    head, _, message = raw.partition("\n\n")
    headers = [line.partition(" ")[::2] for line in head.split("\n") if not line.startswith(" ")]
    author, authored_at = _person(next((value for key, value in headers if key == "author"), ""))
    committer, committed_at = _person(next((value for key, value in headers if key == "committer"), ""))
    return CommitInfo(
        id=sha,
        tree=next(value for key, value in headers if key == "tree"),
        parents=tuple(value for key, value in headers if key == "parent"),
        author=author,
        authored_at=authored_at,
        committer=committer,
        committed_at=committed_at,
        message=message,
    )


def trailers(mirror: Mirror, commit: str) -> tuple[tuple[str, str], ...]:
    """The trailers of a commit's message, in order. Raises GitError for no such commit."""
    listing = mirror.git(["log", "-1", "--format=%(trailers:only,unfold)", "--end-of-options", commit, "--"]).text()
    pairs = (line.partition(":") for line in listing.splitlines() if line)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)


def commit_tree(
    mirror: Mirror,
    tree: str,
    parents: Sequence[str],
    message: str,
    *,
    author: Identity,
    committer: Identity | None = None,
    date: str,
) -> str:
    """Writes a commit and returns its id; equal arguments give the same commit.

    `date` is a stored time (see `podium.kernel.clock.stamp`) or git's own `SECONDS +ZONE`. The committer is the author
    unless given.
    """
    args = ["commit-tree", tree]
    for parent in parents:
        args += ["-p", parent]
    env = person_environment(author, committer or author, date)
    return mirror.git(args, stdin=message.encode(), env_extra=env).text()


def person_environment(author: Identity, committer: Identity, date: str) -> dict[str, str]:
    """The environment in which git writes a commit for these people then. Raises UsageError for an empty name."""
    for person in (author, committer):
        if not person.name.strip() or not person.email.strip():
            raise UsageError(f"a commit needs a name and an e-mail address, got {str(person)!r}")
        if "\0" in str(person):
            raise UsageError("a name or an e-mail address holds a NUL byte")
    when = date if _GIT_DATE.fullmatch(date) else f"{int(moment(date).timestamp())} +0000"
    return {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_AUTHOR_DATE": f"@{when}",
        "GIT_COMMITTER_NAME": committer.name,
        "GIT_COMMITTER_EMAIL": committer.email,
        "GIT_COMMITTER_DATE": f"@{when}",
    }


def list_tree(mirror: Mirror, commit: str) -> tuple[TreeEntry, ...]:
    """All files of a commit or tree, with their sizes. Raises GitError for no such tree."""
    listing = mirror.git(["ls-tree", "-r", "-z", "-l", "--full-tree", commit]).stdout
    return tuple(_entry(line) for line in listing.split(b"\0") if line)


def read_file(mirror: Mirror, commit: str, path: str, *, limit: int | None = None) -> bytes:
    """A file's bytes at a commit. Raises NotFoundError when it is not there or no file."""
    raw = _raw(path)
    # A failure is a commit that is not there, or a path that would leave the tree: either way, there is no such file.
    listing = mirror.git(["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", raw], check=False)
    entries = [_entry(line, size=False) for line in listing.stdout.split(b"\0") if line]
    if len(entries) != 1 or entries[0].path != to_text(raw) or entries[0].mode[:2] not in ("10", "12"):
        raise NotFoundError("no such file", where=f"{commit[:12]}:{path}")
    return mirror.read_blob(entries[0].blob, limit=limit)


def _raw(path: str) -> bytes:
    try:
        return to_bytes(path)
    except ValueError as error:
        raise NotFoundError("no such file", where=path, do=str(error)) from error


def _entry(line: bytes, *, size: bool = True) -> TreeEntry:
    facts, _, path = line.partition(b"\t")
    words = facts.decode().split()
    length = int(words[3]) if size and words[3] != "-" else None
    return TreeEntry(path=to_text(path), mode=words[0], blob=words[2], size=length)


def blame(mirror: Mirror, commit: str, path: str, line: int) -> BlameLine:
    """Where a line (from 1) of a file at a commit comes from. Raises NotFoundError for no such file or line."""
    args: list[str | bytes] = ["blame", "--porcelain", "-L", f"{line},{line}", commit, "--", _raw(path)]
    result = mirror.git(args, check=False)
    if result.code != 0:
        said = result.stderr.decode("utf-8", "replace")
        if "no such path" in said or "has only" in said or "invalid" in said:
            raise NotFoundError("no such line", where=f"{path}:{line}", do=said.strip().removeprefix("fatal: "))
        raise failure(args, result)
    rows = result.stdout.split(b"\n")
    first = rows[0].decode().split()
    names = (row.removeprefix(b"filename ") for row in rows if row.startswith(b"filename "))
    name = next(names).decode("utf-8", "surrogateescape")
    text = next(row[1:] for row in rows if row.startswith(b"\t"))
    return BlameLine(
        commit=first[0],
        path=to_text(to_bytes(name) if name.startswith('"') else name.encode("utf-8", "surrogateescape")),
        line=int(first[1]),
        text=text.decode("utf-8", "replace"),
    )


def add_note(mirror: Mirror, ref: str, commit: str, text: str, *, by: Identity, date: str) -> None:
    """Attaches a note to a commit under `ref` (refs/notes/...).

    Attaching the same text again does nothing. Raises ConflictError when another text is attached already.
    """
    blob = mirror.git(["hash-object", "-w", "--stdin"], stdin=text.encode()).text()
    args = ["notes", f"--ref={ref}", "add", "-C", blob, commit]
    result = mirror.git(args, env_extra=person_environment(by, by, date), check=False)
    if result.code == 0:
        return
    existing = read_note(mirror, ref, commit)
    if existing is None:
        raise failure(args, result)
    if existing != text:
        raise ConflictError("another note is attached already", where=f"{ref} {commit[:12]}")


def read_note(mirror: Mirror, ref: str, commit: str) -> str | None:
    """The note that is attached to a commit under `ref`, or None."""
    result = mirror.git(["notes", f"--ref={ref}", "list", commit], check=False)
    return mirror.read_blob(result.text()).decode("utf-8", "replace") if result.code == 0 else None


def _person(line: str) -> tuple[Identity, str]:
    match = _PERSON.fullmatch(line)
    if match is None:
        return Identity(name=line, email=""), ""
    return Identity(name=match["name"], email=match["email"]), match["at"]
