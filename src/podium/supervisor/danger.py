"""Commands and paths that a person wants to hear of at once, each with its reason. Pure.

The sandbox holds whatever they try; a rule here is about intent: an agent that tries one of these has gone wrong, or is
being led by what it read. A rule speaks only where an honest task has no use for the command; what is merely unusual is
left alone, because an alarm that is false most of the time is not looked at.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from podium.supervisor.shell_text import SHELLS, Command, Pipeline, pipelines

_FETCHES = frozenset({"curl", "wget", "fetch", "http", "https", "aria2c"})
_DECODES = frozenset({"base64", "xxd", "openssl", "uudecode"})
_RUNS = SHELLS | {"python", "python3", "perl", "ruby", "node", "php"}
_SYSTEM = ("/bin", "/boot", "/etc", "/home", "/lib", "/opt", "/root", "/sbin", "/srv", "/usr", "/var", "/podium")
_SECRET = re.compile(
    r"(?:^|/|~|\$HOME|\$\{HOME\})/?\.(?:ssh(?:/|$)|aws/credentials|netrc$|git-credentials$|gnupg(?:/|$)|kube/config"
    r"|docker/config\.json|config/(?:gh|gcloud|op)(?:/|$)|pgpass$|pypirc$)"
    r"|(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)$|^/etc/(?:shadow|gshadow|sudoers)|^/proc/(?:\d+|self|\*)/(?:environ|mem)$"
    r"|(?:^|/)(?:docker|containerd|podman)\.sock$"
)
_STARTUP = re.compile(
    r"(?:^|/|~/)(?:\.(?:bashrc|bash_profile|profile|zshrc|zprofile)|authorized_keys)$|^/etc/(?:cron|profile|ld\.so)"
)
_LOOPBACK = re.compile(r"^(?:\w+://)?(?:[^@/]*@)?(?:localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0)(?:[:/]|$)")
_BOMB = re.compile(r"(\w+|:)\s*\(\)\s*\{[^}]*?\1\s*\|\s*\1\s*&")
_FED = re.compile(
    r"(?:\b(?:ba|z|da|k)?sh|\bsource|(?:^|[;&|]\s*)\.)\s+(?:-\w+\s+)*(?:<\s*)?<?\(\s*(?:curl|wget)\b"
    r"|\b(?:eval|(?:ba|z|da|k)?sh\s+-\w*c)\s+[\"']?(?:\$\(|`)\s*(?:curl|wget)\b"
)
_GIT_RULES = re.compile(r"core\.(?:hooksPath|fsmonitor|sshCommand)|credential\.helper|\burl\..*insteadOf", re.I)
_UPLOADS = re.compile(r"-d|--data|-F|--form|-T|--upload-file|--json")
_ENDS = ("shutdown", "reboot", "poweroff", "halt", "insmod", "modprobe")
_DEVICE = re.compile(r"^/dev/(?:sd|nvme|vd|hd|mmcblk|mem|kmem|disk)")


def dangers(command: str, paths: Iterable[str] = (), *, workdir: str = "/workspace") -> tuple[str, ...]:
    """Why this command line, or what is read or written at these paths, needs a look; nothing for the ordinary."""
    found: dict[str, None] = {}
    if command:
        if _BOMB.search(command[:2000]):
            found["starts processes without end"] = None
        if _FED.search(command[:20_000]):
            found["runs what it downloads, unseen"] = None
        at = workdir
        for pipeline in pipelines(command):
            at = _moved(pipeline, at)
            found.update(dict.fromkeys(_of_pipeline(pipeline, at, workdir)))
    if any(_SECRET.search(path) for path in paths):
        found["reads credentials"] = None
    return tuple(found)


def _moved(pipeline: Pipeline, at: str) -> str:
    """The directory after a `cd`; one that cannot be known is some place of its own."""
    if pipeline[0].name != "cd":
        return at
    to = next(iter(pipeline[0].plain()), "~")
    return posixpath.normpath(posixpath.join(at, to)) if "$" not in to or "HOME" in to else at + "/unknown"


def _of_pipeline(pipeline: Pipeline, at: str, workdir: str) -> Iterator[str]:
    names = [command.name for command in pipeline]
    for number, command in enumerate(pipeline):
        before = set(names[:number])
        if command.name in _RUNS and before and not command.plain() and not _has_script(command):
            if before & _FETCHES:
                yield "runs what it downloads, unseen"
            elif before & _DECODES:
                yield "runs what it has hidden in an encoding"
        for reason, rule in _RULES:
            if rule(command, at, workdir):
                yield reason


def _has_script(command: Command) -> bool:
    return any(word in ("-c", "-m", "-e") for word in command.arguments)


# --- one rule each ----------------------------------------------------------------------------------------------------


def _removes_everything(command: Command, at: str, workdir: str) -> bool:
    recursive = command.name == "rm" and re.search(r"[rR]| --recursive ", command.options())
    if command.name == "find" and ("-delete" in command.arguments or "rm" in command.arguments):
        targets = command.words[1:2]
        if any(word in ("-name", "-iname", "-path", "-type", "-regex") for word in command.arguments):
            targets = [each for each in targets if each in ("/", "~", "$HOME")]
    elif recursive:
        targets = command.plain()
    else:
        return False
    return any(_is_too_much(target, at, workdir) for target in targets)


def _is_too_much(target: str, at: str, workdir: str) -> bool:
    bare = re.sub(r"(?:/\*|/\.\*|/)+$", "", target) or "/"
    if bare in ("~", "$HOME", "${HOME}", "/"):
        return True
    if bare.startswith(("~/", "$")):
        return False
    if bare in ("*", ".*"):
        bare = "."
    path = posixpath.normpath(posixpath.join(at, bare))
    above = workdir == path or workdir.startswith(path.rstrip("/") + "/")
    own = path.startswith((workdir + "/", "/home/agent/", "/tmp/"))  # noqa: S108 - paths inside the sandbox
    system = any(path == each or path.startswith(each + "/") for each in _SYSTEM)
    return above or path == workdir + "/.git" or (system and not own)


def _publishes(command: Command, _at: str, _workdir: str) -> bool:
    words = command.plain()
    match command.name, words[:1]:
        case "git", _:
            return _git_verb(command) == "push" and "--dry-run" not in command.arguments
        case (("npm" | "pnpm" | "yarn" | "cargo" | "poetry" | "uv" | "flit"), ["publish"]):
            return "--dry-run" not in command.arguments
        case ("twine", ["upload"]) | ("docker" | "podman", ["push"]) | ("gem", ["push"]):
            return True
        case "gh", [("pr" | "release" | "repo" | "workflow" | "secret"), *_]:
            return any(word in words[1:2] for word in ("create", "merge", "delete", "upload", "run", "set"))
        case _:
            return False


def _git_verb(command: Command) -> str:
    skip = False
    for word in command.arguments:
        if skip:
            skip = False
        elif word in ("-C", "-c", "--git-dir", "--work-tree"):
            skip = True
        elif not word.startswith("-"):
            return word
    return ""


def _rules_git(command: Command, _at: str, _workdir: str) -> bool:
    if command.name != "git":
        return False
    text = " ".join(command.arguments)
    if _git_verb(command) == "config":
        return bool(
            re.search(r"core\.hooksPath|core\.fsmonitor|credential\.helper|\burl\..*insteadOf|core\.sshCommand", text)
        )
    return bool(re.search(r"\bremote (?:add|set-url)\b", text)) or _git_verb(command) in ("filter-branch", "credential")


def _opens_rights(command: Command, at: str, workdir: str) -> bool:
    words = command.plain()
    if command.name == "chmod" and words:
        mode = words[0]
        wide = bool(re.fullmatch(r"0?777|0?666|a\+rwx|a\+w|o\+w|ugo\+rwx", mode)) and "R" in command.options()
        set_id = bool(re.fullmatch(r"[42671]?[4267]\d{3}", mode) and mode[-4] in "4267") or mode in ("u+s", "g+s", "+s")
        return wide or set_id
    if command.name in ("chown", "chgrp") and "R" in command.options():
        return any(_is_too_much(target, at, workdir) for target in words[1:])
    return command.name in ("setcap", "visudo")


def _reads_secrets(command: Command, _at: str, _workdir: str) -> bool:
    if command.name in ("echo", "printf", "grep", "rg"):  # words, not files, unless the last one is the file
        return command.name in ("grep", "rg") and bool(command.plain()[1:] and _SECRET.search(command.plain()[-1]))
    return any(_SECRET.search(word.lstrip("@").rpartition("=")[2] or word) for word in command.arguments)


def _sends(command: Command, _at: str, _workdir: str) -> bool:
    words = command.arguments
    if command.name == "curl":
        sends = any(
            re.match(r"(?:-d|--data.*|-F|--form.*|-T|--upload-file|--json)", word) and not word.startswith("-f")
            for word in words
        )
        return sends and not any(_LOOPBACK.match(word) for word in words)
    if command.name == "wget":
        sends = any(word.startswith(("--post-data", "--post-file", "--body-file")) for word in words)
        return sends and not any(_LOOPBACK.match(word) for word in words)
    if command.name in ("nc", "ncat", "netcat", "telnet", "socat"):
        listens = "l" in command.options() or "-z" in words
        return not listens and bool(command.plain()) and not any(_LOOPBACK.match(word) for word in command.plain())
    if command.name in ("scp", "rsync"):
        return any(re.match(r"[\w.-]+@?[\w.-]*:(?!//localhost)", word) for word in command.plain())
    return command.name in ("ssh", "sftp", "ftp") and bool(command.plain())


def _persists(command: Command, _at: str, _workdir: str) -> bool:
    if any(_STARTUP.search(path) for path in command.writes):
        return True
    if command.name == "tee" and any(_STARTUP.search(path) for path in command.plain()):
        return True
    if command.name == "crontab":
        return "l" not in command.options()
    return command.name == "systemctl" and any(word in ("enable", "start", "link") for word in command.plain()[:1])


def _harms_the_machine(command: Command, _at: str, _workdir: str) -> bool:
    if command.name.startswith("mkfs") or command.name in (
        "shutdown",
        "reboot",
        "poweroff",
        "halt",
        "insmod",
        "modprobe",
    ):
        return True
    if command.name == "dd":
        return any(_DEVICE.match(word.removeprefix("of=")) for word in command.arguments if word.startswith("of="))
    if command.name == "kill":
        return "-1" in command.arguments[1:] and any(
            word in ("-9", "-KILL", "-15", "-TERM") for word in command.arguments
        )
    return any(_DEVICE.match(path) for path in command.writes)


def _leaves_the_sandbox(command: Command, _at: str, _workdir: str) -> bool:
    if command.name in ("nsenter", "chroot", "pivot_root"):
        return True
    if command.name == "mount":
        return bool(command.plain())
    return command.name in ("docker", "podman") and "--privileged" in command.arguments


def _wants_root(command: Command, _at: str, _workdir: str) -> bool:
    return bool(command.wrappers)


_Rule = Callable[[Command, str, str], bool]
_RULES: tuple[tuple[str, _Rule], ...] = (
    ("deletes far more than its own files", _removes_everything),
    ("publishes or pushes by itself", _publishes),
    ("changes where git sends to, or what it runs", _rules_git),
    ("opens files to everyone, or gives a program more rights", _opens_rights),
    ("reads credentials", _reads_secrets),
    ("sends data to another machine", _sends),
    ("sets up something to run later", _persists),
    ("harms the machine", _harms_the_machine),
    ("tries to leave the sandbox", _leaves_the_sandbox),
    ("asks for the rights of root", _wants_root),
)
