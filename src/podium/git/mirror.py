"""The mirror: a bare repository whose configuration only Podium writes.

Everything that lands, and every candidate, lives here under refs. The truth about the target branch is the mirror's
`refs/heads/<target>`. Two files in it matter for safety:

- `config` is written by us whole, and never by a git command;
- `info/attributes` has the highest precedence of all attributes and takes every conversion, filter, diff and merge
  driver away. So files are written and compared byte for byte, and a hostile `.gitattributes` cannot hide a diff.

The objects lie in two stores. `objects/history.git` holds what the user committed and what landed: agents
may see it. The mirror's own `objects` borrow from it and hold all else: candidates, verdicts, the work of other agents.
An agent could list every object of a store that its sandbox mounts, refs or not; see `podium.git.history`.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from podium.git.model import NULL_ID
from podium.git.objects import ObjectReader
from podium.git.run import TIMEOUT_SECONDS, GitError, GitResult, failure, run_git, start_git
from podium.kernel.errors import ConflictError, NotFoundError, UsageError

HISTORY = "objects/history.git"
"""Inside `objects`, so that whoever mounts that directory alone has what is borrowed too."""

RAW_ATTRIBUTES = "* -text -filter -ident -working-tree-encoding -export-ignore -export-subst !eol !diff !merge\n"
"""Every file is just its bytes."""

_ID = re.compile(r"[0-9a-f]{40}")

# Blemishes of old histories that every git accepts in daily work. What can harm a checkout stays an error: entries
# named `.git`, `..` or with a slash, trees that are not sorted or name an entry twice, broken objects.
_TOLERATED = (
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badName",
    "badTimezone",
    "emptyName",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "missingTaggerEntry",
    "multipleAuthors",
    "nulInCommit",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
    "gitmodulesBlob",
    "gitmodulesLarge",
    "gitmodulesMissing",
    "gitmodulesName",
    "gitmodulesParse",
    "gitmodulesPath",
    "gitmodulesUpdate",
    "gitmodulesUrl",
)

_CONFIG = """\
[core]
\trepositoryFormatVersion = 0
\tfileMode = true
\tbare = true
\tsymlinks = true
\tignoreCase = false
\tautoCrlf = false
\tsplitIndex = false
\tprotectHFS = true
\tprotectNTFS = true
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tbigFileThreshold = 64m
\tfilesRefLockTimeout = 10000
\tpackedRefsTimeout = 10000
\tfsync = committed,loose-object
[gc]
\tauto = 0
[uploadpack]
\tallowAnySHA1InWant = true
[merge]
\trenames = true
\tconflictStyle = merge
[fetch]
\tfsckObjects = true
\twriteCommitGraph = false
[fetch "fsck"]
""" + "".join(f"\t{name} = ignore\n" for name in _TOLERATED)


class Mirror:
    """A trusted bare repository. Safe for several threads and processes; `close` ends its long-lived reader."""

    def __init__(self, path: Path, environ: Mapping[str, str] | None = None) -> None:
        """`environ` is the user's environment, of which PATH, HOME and SSH_AUTH_SOCK are used."""
        self.path = path
        self.environ: dict[str, str | None] = {
            name: value for name, value in (environ or {}).items() if name in ("PATH", "HOME", "SSH_AUTH_SOCK")
        }
        self.environ["GIT_ATTR_SOURCE"] = (
            "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the empty tree; git >= 2.41 heeds it
        )
        self.objects = ObjectReader(self._start_reader)

    @classmethod
    def create(cls, path: Path, environ: Mapping[str, str] | None = None) -> Mirror:
        """The mirror at `path`, made if it is not there. Safe when two processes do it at once."""
        _ensure_bare(path, _CONFIG)
        _ensure_bare(path / HISTORY, _CONFIG)
        write_whole(path / "objects" / "info" / "alternates", "history.git/objects\n")
        return cls(path, environ)

    def __enter__(self) -> Mirror:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the long-lived reader."""
        self.objects.close()

    @property
    def objects_directory(self) -> Path:
        """All objects. Not for agents: see `podium.git.history.visible_objects`."""
        return self.path / "objects"

    @property
    def history_directory(self) -> Path:
        """The bare repository with what the user committed and what landed."""
        return self.path / HISTORY

    @property
    def shallow_file(self) -> bytes:
        """The commits at which a shallow history ends, as git keeps them; empty for a whole history."""
        try:
            return (self.path / "shallow").read_bytes()
        except FileNotFoundError:
            return b""

    def git(
        self,
        args: Sequence[str | bytes],
        *,
        stdin: bytes | BinaryIO = b"",
        work_tree: Path | None = None,
        env_extra: Mapping[str, str | None] | None = None,
        umask: int = -1,
        timeout: float = TIMEOUT_SECONDS,
        check: bool = True,
    ) -> GitResult:
        """Runs a git command on this mirror; see `podium.git.run.run_git`."""
        return run_git(
            args,
            git_dir=self.path,
            work_tree=work_tree,
            env_extra={**self.environ, **(env_extra or {})},
            stdin=stdin,
            umask=umask,
            timeout=timeout,
            check=check,
        )

    def start(self, args: Sequence[str | bytes]) -> subprocess.Popen[bytes]:
        """Starts a git command on this mirror; whoever calls this calls `podium.git.run.stop`."""
        return start_git(args, git_dir=self.path, env_extra=self.environ)

    # --- refs ---------------------------------------------------------------------------------------------------------

    def resolve(self, revision: str) -> str | None:
        """The commit that a ref, id or any revision names, or None."""
        if _ID.fullmatch(revision):  # most are: the long-lived reader knows, without a process for each question
            try:
                if self.objects.kind_and_size(revision)[0] == "commit":
                    return revision
            except NotFoundError:
                return None
        result = self.git(["rev-parse", "--verify", "-q", "--end-of-options", revision + "^{commit}"], check=False)
        return result.text() if result.code == 0 else None

    def tree_of(self, revision: str) -> str:
        """The tree of a commit. Raises NotFoundError."""
        if _ID.fullmatch(revision):
            kind, body = self.objects.read(revision)
            if kind == "commit":
                return body.removeprefix(b"tree ")[:40].decode()
        result = self.git(["rev-parse", "--verify", "-q", "--end-of-options", revision + "^{tree}"], check=False)
        if result.code != 0:
            raise NotFoundError(f"no such commit: {revision}")
        return result.text()

    def has_path(self, commit: str, path: str) -> bool:
        """Whether a commit has something at this path."""
        try:
            self.objects.kind_and_size(f"{commit}:{path}")
        except NotFoundError:
            return False
        return True

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """All refs below a prefix (whole path parts), by name."""
        listing = self.git(["for-each-ref", "--format=%(objectname) %(refname)", "--", prefix]).text()
        return {name: sha for sha, _, name in (line.partition(" ") for line in listing.splitlines())}

    def update_ref(self, ref: str, new: str, old: str) -> None:
        """Moves a ref from exactly `old` to `new`; `old` = `NULL_ID` means that it must not exist yet.

        Raises ConflictError when the ref is not at `old`.
        """
        self._transact(f"update {ref}\0{new}\0{old}\0", ref, old)

    def delete_ref(self, ref: str, old: str) -> None:
        """Removes a ref that is at exactly `old`. Raises ConflictError when it is not."""
        self._transact(f"delete {ref}\0{old}\0", ref, old)

    def _transact(self, command: str, ref: str, old: str) -> None:
        if len(old) != 40:
            raise ValueError(f"not the id of a commit: {old!r}")
        result = self.git(["update-ref", "--no-deref", "--stdin", "-z"], stdin=command.encode(), check=False)
        if result.code == 0:
            return
        now = self.refs(ref).get(ref, NULL_ID)
        if now != old:
            raise ConflictError(f"{ref} is at {now[:12]}, not at {old[:12]}", do="Read the state again and repeat.")
        raise failure(["update-ref", ref], result)

    # --- history ------------------------------------------------------------------------------------------------------

    def is_ancestor(self, ancestor: str, of: str) -> bool:
        """Whether a commit is reachable from another one; a commit is its own ancestor. Raises GitError."""
        result = self.git(["merge-base", "--is-ancestor", ancestor, of], check=False)
        if result.code not in (0, 1):
            raise NotFoundError(f"no such commits: {ancestor}, {of}")
        return result.code == 0

    def ahead_and_behind(self, one: str, other: str) -> tuple[int, int]:
        """How many commits only `one` has, and how many only `other` has."""
        left, right = self.git(["rev-list", "--count", "--left-right", f"{one}...{other}", "--"]).text().split()
        return int(left), int(right)

    def read_blob(self, blob: str, *, limit: int | None = None) -> bytes:
        """The bytes of a blob. Raises NotFoundError, and TooLargeError above `limit` bytes."""
        kind, body = self.objects.read(blob, limit=limit)
        if kind != "blob":
            raise NotFoundError(f"{blob} is a {kind}, not a blob")
        return body

    # --- other repositories -------------------------------------------------------------------------------------------

    def fetch_from(
        self,
        url: str | Path,
        refspecs: Sequence[str],
        *,
        options: Sequence[str] = (),
        env_extra: Mapping[str, str | None] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """Fetches refs from a repository by path or URL, checking every object, or from a bundle of our own.

        Raises GitError.
        """
        quiet = ["--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--quiet"]
        args = ["fetch", *quiet, *options, "--end-of-options", str(url), *refspecs]
        self.git(args, env_extra=env_extra, timeout=timeout)

    def push_to(
        self,
        url: str | Path,
        refspecs: Sequence[str],
        *,
        leases: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """Pushes refs to a repository by path or URL, all or none.

        `leases` names what a ref there must be at (`NULL_ID`: must not exist). Raises ConflictError when one is not, or
        when a ref could not be fast-forwarded, and GitError for all else.
        """
        expected = [f"--force-with-lease={ref}:{'' if old == NULL_ID else old}" for ref, old in (leases or {}).items()]
        args = ["push", "--porcelain", "--quiet", "--atomic", *expected, "--end-of-options", str(url), *refspecs]
        result = self.git(args, check=False, timeout=timeout)
        if result.code == 0:
            return
        said = (result.stdout + result.stderr).decode("utf-8", "replace")
        if any(sign in said for sign in ("(stale info)", "(fetch first)", "(non-fast-forward)", "(already exists)")):
            raise ConflictError("the other repository moved in the meantime", where=str(url), do="Fetch and repeat.")
        raise failure(["push", str(url)], GitResult(b"", result.stdout + result.stderr, result.code))

    def _start_reader(self) -> subprocess.Popen[bytes]:
        return self.start(["cat-file", "--batch-command"])


def _ensure_bare(path: Path, config: str) -> None:
    """A bare repository with this configuration at `path`, made in one step if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        try:
            git_init(fresh)
            fresh.rename(path)
        except OSError as error:
            if not (path / "HEAD").exists():
                raise GitError(f"the mirror could not be made: {error.strerror}", command=[str(path)]) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    if not (path / "HEAD").is_file():
        raise UsageError("is no bare git repository", where=str(path), do="Remove it, or choose another place.")
    write_whole(path / "config", config)
    write_whole(path / "info" / "attributes", RAW_ATTRIBUTES)


def git_init(path: Path) -> None:
    """An empty bare repository at a new path: no hooks, no template files."""
    path.mkdir(mode=0o700)
    run_git(["init", "--bare", "--quiet", "--template=", "--initial-branch=podium", "--object-format=sha1", str(path)])
    (path / "info").mkdir(exist_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Replaces a file in one step, when it holds anything else."""
    if path.is_file() and path.read_text() == text:
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fresh.write_text(text)
    fresh.replace(path)
