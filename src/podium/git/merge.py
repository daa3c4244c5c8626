"""Merging and reverting, on trees alone: no checkout, no index, no state on disk but new objects."""

from __future__ import annotations

from podium.git.commits import commit_tree
from podium.git.mirror import Mirror
from podium.git.model import Conflicted, Identity, Merge, Merged
from podium.git.paths import to_text
from podium.git.run import failure

_NOBODY = Identity(name="Podium", email="podium@localhost")
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def merge(mirror: Mirror, ours: str, theirs: str, base: str | None = None) -> Merge:
    """The tree of merging `theirs` into `ours`, or what is in the way.

    Without `base` git finds the merge base in the history itself (all of them, merged, where there are several). With
    `base` (a commit or tree) exactly that is the merge base: git 2.39 has no option for it, so the three trees are
    wrapped in commits without other history, two children of one parent, and these are merged. They are the same
    objects each time, and nothing refers to them.
    """
    if base is not None:
        root = _wrapped(mirror, base, ())
        ours, theirs = _wrapped(mirror, ours, (root,)), _wrapped(mirror, theirs, (root,))
    args = ["merge-tree", "--write-tree", "--messages", "--name-only", "-z", ours, theirs]
    result = mirror.git(args, check=False)
    if result.code == 0:
        return Merged(tree=result.stdout.partition(b"\0")[0].decode())
    if result.code != 1 or not result.stdout:
        raise failure(args, result)
    return _conflicts(result.stdout)


def revert_tree(mirror: Mirror, commit: str, onto: str) -> Merge:
    """The tree of `onto` without what `commit` did to its first parent, or what is in the way."""
    parent = mirror.resolve(commit + "^1")
    return merge(mirror, ours=onto, theirs=parent or _EMPTY_TREE, base=commit)


def _wrapped(mirror: Mirror, tree: str, parents: tuple[str, ...]) -> str:
    """A commit of a tree (or of a commit's tree) that has just these parents."""
    return commit_tree(mirror, mirror.tree_of(tree), parents, "merge input\n", author=_NOBODY, date="0 +0000")


def _conflicts(output: bytes) -> Conflicted:
    """Parses `merge-tree -z --name-only`: tree, paths, an empty field, then messages with the paths they concern."""
    fields = output.split(b"\0")
    end = fields.index(b"", 1)
    paths = tuple(dict.fromkeys(to_text(path) for path in fields[1:end]))
    messages: list[str] = []
    at = end + 1
    while at < len(fields) and fields[at].isdigit():
        after = at + 1 + int(fields[at])
        kind, message = fields[after], fields[after + 1]
        if kind != b"Auto-merging":
            messages.append(message.decode("utf-8", "replace").strip())
        at = after + 2
    return Conflicted(paths=paths, messages=tuple(messages))
