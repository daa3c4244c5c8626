"""The user's own repository: read a lot, written in one place only (`podium.git.fast_forward`).

It is the user's, with the user's configuration: this is the one room that reads it, from the environment that the
caller passes. Hooks and fsmonitor are off here too.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from podium.git.model import Identity, TreeEntry
from podium.git.paths import to_bytes, to_text
from podium.git.run import TIMEOUT_SECONDS, GitError, GitResult, run_git
from podium.kernel.errors import NotFoundError, UsageError
from podium.kernel.value import Value

_PASSED = (
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "EMAIL",
    "SSH_AUTH_SOCK",
)


class SigningKey(Value, frozen=True, kw_only=True):
    """What the user's configuration says of signing."""

    format: str  # openpgp, x509 or ssh
    key: str  # as configured: a path, `key::...`, or a key id; empty when none is set
    allowed_signers: str  # path of the file; empty when none is set


class RepositoryFacts(Value, frozen=True, kw_only=True):
    """What there is to know about a repository before Podium works on it."""

    root: str
    branch: str  # empty for a detached head
    tip: str
    shallow: bool
    partial: bool  # a partial clone: objects are fetched on demand
    submodules: tuple[str, ...]
    lfs: tuple[str, ...]  # tracked files whose attributes say filter=lfs
    tracked: int


class UserRepository:
    """A work tree of the user, with at least one commit. Open one with `UserRepository.open`."""

    def __init__(self, root: Path, git_dir: Path, common_dir: Path, env: Mapping[str, str | None]) -> None:
        self.root = root
        self.git_dir = git_dir  # of this worktree
        self.common_dir = common_dir  # of the whole repository; the same unless this is a linked worktree
        self._env = env

    @classmethod
    def open(cls, start: Path, environ: Mapping[str, str] | None = None) -> UserRepository:
        """The repository that `start` lies in.

        `environ` is the user's environment; without it none of the user's own configuration is read. Raises UsageError,
        saying what to do, when there is no repository, no work tree, no commit, or none that Podium can use.
        """
        env = user_environment(environ)
        if not start.is_dir():
            raise UsageError("no such directory", where=str(start))
        kind = run_git(
            ["rev-parse", "--is-bare-repository", "--is-inside-work-tree"], cwd=start, env_extra=env, check=False
        )
        if kind.code != 0:
            raise _cannot_open(start, kind)
        bare, inside = kind.text().split()
        if bare == "true":
            raise UsageError("is a bare repository", where=str(start), do="Use a clone of it that has a work tree.")
        if inside != "true":
            raise UsageError("is inside a .git directory", where=str(start), do="Go to the work tree.")
        found = cls(
            _path(start, env, "--show-toplevel"),
            _path(start, env, "--absolute-git-dir"),
            _path(start, env, "--git-common-dir"),
            env,
        )
        found._check()
        return found

    def git(self, args: Sequence[str | bytes], *, check: bool = True, timeout: float = TIMEOUT_SECONDS) -> GitResult:
        """Runs a git command in the work tree, with the user's configuration."""
        return run_git(args, cwd=self.root, env_extra=self._env, check=check, timeout=timeout)

    # --- where it stands ----------------------------------------------------------------------------------------------

    def branch(self) -> str | None:
        """The branch that is checked out, without refs/heads/; None for a detached head."""
        result = self.git(["symbolic-ref", "-q", "HEAD"], check=False)
        return result.text().removeprefix("refs/heads/") if result.code == 0 else None

    def require_branch(self) -> str:
        """The branch that is checked out. Raises UsageError for a detached head."""
        branch = self.branch()
        if branch is None:
            rebasing = any((self.git_dir / name).exists() for name in ("rebase-merge", "rebase-apply"))
            raise UsageError(
                "no branch is checked out" + (": a rebase is in progress" if rebasing else ""),
                where=str(self.root),
                do="git rebase --continue (or --abort), then try again."
                if rebasing
                else "git switch BRANCH, then try again; or name the branch: podium init --target BRANCH",
            )
        return branch

    def tip(self, branch: str | None = None) -> str:
        """The commit that a branch (or HEAD) is at. Raises UsageError for no such branch."""
        name = "HEAD" if branch is None else f"refs/heads/{branch}"
        result = self.git(["rev-parse", "--verify", "-q", f"{name}^{{commit}}"], check=False)
        if result.code != 0:
            raise UsageError(f"there is no branch {branch}", where=str(self.root), do="git branch lists yours.")
        return result.text()

    def commit(self, name: str) -> str:
        """The id of the commit that a branch, a tag or any other name means. Raises NotFoundError."""
        found = self.git(["rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}"], check=False)
        if found.code != 0:
            raise NotFoundError(
                "there is no such commit here",
                where=name,
                do="Name commits, branches or tags. A shallow clone may have to fetch it first.",
            )
        return found.text()

    def facts(self) -> RepositoryFacts:
        """All that `init` and `doctor` want to know."""
        index = self.git(["ls-files", "-s", "-z"]).stdout
        entries = [line.partition(b"\t")[::2] for line in index.split(b"\0") if line]
        partial = self.git(["config", "--get", "extensions.partialClone"], check=False)
        return RepositoryFacts(
            root=str(self.root),
            branch=self.branch() or "",
            tip=self.tip(),
            shallow=(self.common_dir / "shallow").exists(),
            partial=partial.code == 0,
            submodules=tuple(to_text(path) for facts, path in entries if facts.startswith(b"160000 ")),
            lfs=_paths(self.git(["ls-files", "-z", "--", ":(attr:filter=lfs)"]).stdout),
            tracked=len(entries),
        )

    def dirty(self, *, untracked: bool = False) -> tuple[str, ...]:
        """Files with changes that are not committed, and with `untracked` also those that git does not know."""
        wanted = "normal" if untracked else "no"
        args = [
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
            f"--untracked-files={wanted}",
            "--ignore-submodules=dirty",
        ]
        return tuple(to_text(line[3:]) for line in self.git(args).stdout.split(b"\0") if line)

    # --- files --------------------------------------------------------------------------------------------------------

    def tracked_files(self) -> tuple[str, ...]:
        """All files in the index."""
        return _paths(self.git(["ls-files", "-z"]).stdout)

    def tracked_sizes(self, commit: str = "HEAD") -> tuple[TreeEntry, ...]:
        """All files of a commit with their sizes, the largest first."""
        listing = self.git(["ls-tree", "-r", "-z", "-l", "--full-tree", commit]).stdout
        entries = [_entry(line) for line in listing.split(b"\0") if line]
        return tuple(sorted(entries, key=lambda entry: -(entry.size or 0)))

    def read_file(self, commit: str, path: str) -> bytes:
        """A file's bytes at a commit. Raises NotFoundError."""
        try:
            name = commit.encode() + b":" + to_bytes(path)
        except ValueError as error:
            raise NotFoundError("no such file", where=path, do=str(error)) from error
        result = self.git(["cat-file", "blob", name], check=False)
        if result.code != 0:
            raise NotFoundError("no such file", where=f"{commit[:12]}:{path}")
        return result.stdout

    # --- the user's settings ------------------------------------------------------------------------------------------

    def identity(self) -> Identity | None:
        """The author that the user's configuration names, or None when it names none."""
        result = self.git(["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"], check=False)
        if result.code != 0:
            return None
        name, _, rest = result.text().rpartition(" <")
        return Identity(name=name, email=rest.partition(">")[0])

    def signing_key(self) -> SigningKey:
        """What the user's configuration says of signing."""
        return SigningKey(
            format=self._setting("gpg.format") or "openpgp",
            key=self._setting("user.signingKey", "path"),
            allowed_signers=self._setting("gpg.ssh.allowedSignersFile", "path"),
        )

    def _setting(self, name: str, kind: str = "") -> str:
        as_kind = [f"--type={kind}"] if kind else []
        return self.git(["config", *as_kind, "--get", name], check=False).text()

    def _check(self) -> None:
        """Refuses what Podium cannot work on."""
        where = str(self.root)
        if self.git(["rev-parse", "--show-object-format"]).text() != "sha1":
            raise UsageError("uses SHA-256 object ids, which Podium does not support", where=where)
        if self.git(["rev-parse", "--verify", "-q", "HEAD^{commit}"], check=False).code != 0:
            raise UsageError(
                "has no commit yet", where=where, do='git add -A && git commit --allow-empty -m "First commit"'
            )


def user_environment(environ: Mapping[str, str] | None) -> dict[str, str | None]:
    """The part of a user's environment that git sees in the user's repository."""
    if environ is None:
        return {}
    passed: dict[str, str | None] = {name: environ.get(name) for name in _PASSED}
    if not passed["PATH"]:
        del passed["PATH"]  # ours then
    # Taken away, so that git finds the user's own files.
    return {**passed, "GIT_CONFIG_NOSYSTEM": None, "GIT_ATTR_NOSYSTEM": None}


def _path(start: Path, env: Mapping[str, str | None], what: str) -> Path:
    answer = run_git(["rev-parse", "--path-format=absolute", what], cwd=start, env_extra=env).stdout
    return Path(answer.removesuffix(b"\n").decode("utf-8", "surrogateescape"))


def _cannot_open(start: Path, result: GitResult) -> UsageError | GitError:
    said = result.stderr.decode("utf-8", "replace").strip()
    if "not a git repository" in said:
        return UsageError("is not in a git repository", where=str(start), do="git init, or go to a repository.")
    if "dubious ownership" in said:
        named = re.search(r"repository at '(.+)'$", said, re.MULTILINE)  # its top, wherever in it the person is
        top = shlex.quote(named[1] if named else str(start))
        return UsageError(
            "belongs to another user, and git does not trust it",
            where=str(start),
            do=f"If you trust it: git config --global --add safe.directory {top}",
        )
    return GitError(said, command=["git", "rev-parse"], code=result.code, stderr=said)


def _paths(listing: bytes) -> tuple[str, ...]:
    return tuple(to_text(path) for path in listing.split(b"\0") if path)


def _entry(line: bytes) -> TreeEntry:
    facts, _, path = line.partition(b"\t")
    mode, _, blob, size = facts.decode().split()
    return TreeEntry(path=to_text(path), mode=mode, blob=blob, size=int(size) if size != "-" else None)
