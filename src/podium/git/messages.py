"""What the commits of a range say of themselves: parents, author, trailers, text. One process for any number."""

from __future__ import annotations

from collections.abc import Sequence

from podium.git.mirror import Mirror
from podium.kernel.value import Value

_FORMAT = "--format=%H %T %P%n%an <%ae>%n%(trailers:only,unfold)%x00%B"


class Message(Value, frozen=True, kw_only=True):
    """One commit. Whoever wrote it chose every word of it."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: str
    trailers: tuple[tuple[str, str], ...]  # in order, as written
    text: str  # subject, body and trailers

    @property
    def subject(self) -> str:
        """The first line."""
        return self.text.partition("\n")[0]

    def values(self, key: str) -> tuple[str, ...]:
        """What its trailers say for a key, which git compares without regard to case."""
        return tuple(value for name, value in self.trailers if name.casefold() == key.casefold())


def messages(mirror: Mirror, revisions: Sequence[str], *, grep: str = "", only: bool = False) -> tuple[Message, ...]:
    """The commits that revisions (ids, `^id` to leave out) reach, newest first. Raises GitError for no such commits.

    `grep` limits them to those of which a line begins with this text; with `only` it is the first of them alone.
    """
    limits = ["--regexp-ignore-case", "--basic-regexp", f"--grep=^{grep}"] if grep else []
    limits += ["--max-count=1"] if only else []
    args = ["log", "-z", "--topo-order", "--no-color", _FORMAT, *limits, "--end-of-options", *revisions, "--"]
    fields = mirror.git(args).stdout.decode("utf-8", "replace").split("\0")
    return tuple(_message(head, text) for head, text in zip(fields[::2], fields[1::2], strict=False))


def _message(head: str, text: str) -> Message:
    first, author, *listed = head.split("\n")
    commit, tree, *parents = first.split()
    pairs = (line.partition(":") for line in listed if line)
    return Message(
        id=commit,
        tree=tree,
        parents=tuple(parents),
        author=author,
        trailers=tuple((key.strip(), value.strip()) for key, _, value in pairs),
        text=text.strip("\n"),
    )
