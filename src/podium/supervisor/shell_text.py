"""The simple commands of a shell command line, for rules that look at what an agent runs. Pure.

It is a reader, not a shell: what it cannot parse it splits at white space, so that a rule rather sees too much. What a
here-document holds is data, and is left out unless a shell reads it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "fish"})
LONGEST = 20_000  # characters that are looked at
_DEPTH = 4
_PUNCTUATION = "();<>|&\n"
_WRAPPERS = frozenset({"env", "nohup", "time", "timeout", "nice", "xargs", "exec", "command", "stdbuf", "setsid", "!"})
_WORDS_OF_SHELL = frozenset({"if", "then", "else", "elif", "do", "while", "until", "{", "}", "for", "case"})
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*(?:'(?P<single>\w+)'|\"(?P<double>\w+)\"|\\?(?P<plain>\w+))")
_SUBSTITUTED = re.compile(r"\$\((?P<round>[^()]*)\)|`(?P<back>[^`]*)`")


@dataclass
class Command:
    """One simple command, without what only wraps it."""

    words: list[str] = field(default_factory=list[str])
    writes: list[str] = field(default_factory=list[str])  # files that its output is redirected to
    wrappers: list[str] = field(default_factory=list[str])  # sudo and the like, in front of it

    @property
    def name(self) -> str:
        """The program, without its folder."""
        return self.words[0].rpartition("/")[2] if self.words else ""

    @property
    def arguments(self) -> list[str]:
        """All after the program."""
        return self.words[1:]

    def options(self) -> str:
        """The letters of its short options, long ones as words between spaces."""
        short = "".join(w[1:] for w in self.arguments if w.startswith("-") and not w.startswith("--"))
        return short + " " + " ".join(w for w in self.arguments if w.startswith("--")) + " "

    def plain(self) -> list[str]:
        """The arguments that are no options."""
        return [word for word in self.arguments if not word.startswith("-")]


Pipeline = list[Command]


def pipelines(text: str, depth: int = 0) -> Iterator[Pipeline]:
    """Every pipeline of a command line, those inside `sh -c`, substitutions and here-documents of shells too."""
    body, documents = _without_documents(text[:LONGEST])
    for pipeline in _split(body):
        yield pipeline
        if depth < _DEPTH:
            for inner in _inside(pipeline):
                yield from pipelines(inner, depth + 1)
    if depth < _DEPTH:
        for document in documents:
            yield from pipelines(document, depth + 1)


def _inside(pipeline: Pipeline) -> Iterator[str]:
    for command in pipeline:
        if command.name in SHELLS | {"eval"}:
            script = _script_of(command)
            if script:
                yield script
        for word in command.words:
            for found in _SUBSTITUTED.finditer(word):
                yield found["round"] or found["back"] or ""


def _script_of(command: Command) -> str:
    if command.name == "eval":
        return " ".join(command.arguments)
    for number, word in enumerate(command.arguments):
        if word.startswith("-") and not word.startswith("--") and "c" in word:
            return next(iter(command.arguments[number + 1 :]), "")
    return ""


def _without_documents(text: str) -> tuple[str, list[str]]:
    """The text without the bodies of here-documents, and the bodies that a shell is to run."""
    if "<<" not in text:
        return text, []
    kept: list[str] = []
    run: list[str] = []
    lines = iter(text.split("\n"))
    for line in lines:
        kept.append(line)
        for found in _HEREDOC.finditer(line):
            end = found["single"] or found["double"] or found["plain"]
            body: list[str] = []
            for inner in lines:
                if inner.strip() == end:
                    break
                body.append(inner)
            first = line[: found.start()].split()
            last = line[found.end() :].rpartition("|")[2].split()
            if any(words and words[0].rpartition("/")[2] in SHELLS for words in (first, last)):
                run.append("\n".join(body))
    return "\n".join(kept), run


def _split(text: str) -> Iterator[Pipeline]:
    pipeline: Pipeline = [Command()]
    redirecting = ""
    for token in _tokens(text.replace("\\\n", " ")):
        if token and all(char in _PUNCTUATION for char in token):
            if set(token) & {"<", ">"} and "\n" not in token:
                redirecting = token
            elif token in ("|", "|&"):
                pipeline.append(Command())
            else:
                yield from _finished(pipeline)
                pipeline = [Command()]
        elif redirecting:
            if ">" in redirecting:
                pipeline[-1].writes.append(token)
            redirecting = ""
        else:
            pipeline[-1].words.append(token)
    yield from _finished(pipeline)


def _finished(pipeline: Pipeline) -> Iterator[Pipeline]:
    done = [_unwrapped(command) for command in pipeline]
    done = [command for command in done if command.words or command.writes or command.wrappers]
    if done:
        yield done


def _unwrapped(command: Command) -> Command:
    """The command without assignments and wrappers in front; `sudo` and `su` are told in `wrappers`."""
    words, wrappers = command.words, list[str]()
    while words:
        name = words[0].rpartition("/")[2]
        if name in ("sudo", "doas", "su"):
            wrappers.append(name)
        elif name in _WRAPPERS or name in _WORDS_OF_SHELL or _ASSIGNED.fullmatch(words[0]):
            pass
        elif words is not command.words and (name.startswith("-") or name.replace(".", "").rstrip("smh").isdigit()):
            pass  # an option or the duration of a wrapper
        else:
            break
        words = words[1:]
    return Command(words, command.writes, wrappers)


def _tokens(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError:  # quotes that do not close
        return re.findall(r"[();<>|&\n]+|[^\s();<>|&]+", text.replace("'", " ").replace('"', " "))
