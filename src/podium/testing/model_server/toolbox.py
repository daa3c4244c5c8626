"""From an abstract action to a call of a tool that the request itself advertises.

A tool is known by its name, its arguments by the names of its parameters, so that a new version of an agent, or one
that nobody has met, mostly needs nothing here. Where no tool fits, the action is done through the shell.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from podium.kernel.value import Value
from podium.testing.actions import Append, Delete, Edit, Look, Read, Run, Write
from podium.testing.model_server.shell_text import patch, shell
from podium.testing.model_server.steps import Malformed, Tooled
from podium.testing.model_server.talk import Call, Json, Tool, mapping

_TOOLS: Final[dict[type[Value], tuple[str, ...]]] = {
    Run: ("bash", "shell", "shell_command", "run_shell_command", "exec_command", "execute_command", "run_commands",
          "run_terminal_cmd", "local_shell", "exec", "execute"),
    Look: ("ls", "list_directory", "list_dir", "list", "list_files"),
    Read: ("read", "read_file", "view", "open_file", "read_files"),
    Write: ("write", "write_file", "create", "create_file", "write_to_file"),
    Edit: ("edit", "edit_file", "replace", "str_replace", "str_replace_editor", "search_replace"),
}  # fmt: skip
_PATH: Final = ("file_path", "filePath", "absolute_path", "dir_path", "path", "target_file", "filename", "file")
_COMMAND: Final = ("command", "cmd", "script", "commands")
_TEXT: Final = ("content", "file_text", "contents", "text")
_OLD: Final = ("old_string", "oldString", "old_str", "oldText", "old_text", "search")
_NEW: Final = ("new_string", "newString", "new_str", "newText", "new_text", "replace")


def call(action: Tooled | Malformed, tools: Iterable[Tool], *, workdir: str, id: str) -> Call | None:  # noqa: A002
    """The call that does the action; None when no tool of the request can."""
    known = {tool.name.lower(): tool for tool in reversed(tuple(tools))}
    if isinstance(action, Malformed):
        return _malformed(action, known, id)
    patcher = known.get("apply_patch")
    own = _own_tool(action, known)
    if own is None and isinstance(action, Write | Edit) and patcher is not None:
        text = patch(action)
        if patcher.freeform:
            return Call(id=id, name=patcher.name, arguments=text, freeform=True)
        return _json_call(id, patcher, {_first(patcher, ("input", "patch", "patchText")) or "input": text})
    if own is not None:
        return _json_call(id, own, _arguments(action, own, workdir))
    runner = _own_tool(Run(command=""), known)
    if runner is None:
        return None
    # Codex takes a patch out of the shell, and then knows that a file was changed; only edits by whole lines fit.
    if isinstance(action, Write | Edit) and runner.name in ("exec_command", "shell_command", "shell"):
        command = f"apply_patch <<'EOF'\n{patch(action)}\nEOF"
    else:
        command = shell(action)
    return _json_call(id, runner, _arguments(Run(command=command), runner, workdir))


def _own_tool(action: Tooled, known: dict[str, Tool]) -> Tool | None:
    for name in _TOOLS.get(type(action), ()):
        tool = known.get(name)
        if tool is not None and not tool.freeform and _arguments(action, tool, "/") is not None:
            return tool
    return None


def _arguments(action: Tooled, tool: Tool, workdir: str) -> Json | None:
    """The arguments, or None when the tool lacks a parameter for one of them."""
    wanted: list[tuple[tuple[str, ...], Any]]
    match action:
        case Run(command=command):
            wanted = [(_COMMAND, command)]
        case Look(path=path) | Read(path=path):
            wanted = [(_PATH, _absolute(path, workdir))]
        case Write(path=path, text=text):
            wanted = [(_PATH, _absolute(path, workdir)), (_TEXT, text)]
        case Edit(path=path, old=old, new=new):
            wanted = [(_PATH, _absolute(path, workdir)), (_OLD, old), (_NEW, new)]
        case Append() | Delete():
            return None
    found: Json = {}
    for names, value in wanted:
        name = _first(tool, names)
        if name is None:
            return None
        found[name] = _shaped(value, mapping(_properties(tool).get(name)))
    return found


def _shaped(value: str, schema: Json) -> object:
    """The text as the schema wants it: some shells take a list of words."""
    if schema.get("type") == "array":
        return ["bash", "-lc", value] if "sh" in str(schema.get("description", "")) else [value]
    return value


def _json_call(id: str, tool: Tool, arguments: Json | None) -> Call:  # noqa: A002
    filled = {**_required(tool, arguments or {}), **(arguments or {})}
    return Call(id=id, name=tool.name, arguments=msgspec.json.encode(filled).decode())


def _required(tool: Tool, given: Json) -> Json:
    """Something acceptable for every other parameter that the tool insists on."""
    properties = _properties(tool)
    names: list[Any] = tool.parameters.get("required") or []
    return {str(name): _default(mapping(properties.get(name))) for name in names if name not in given}


def _default(schema: Json) -> object:
    if schema.get("enum"):
        return schema["enum"][0]
    defaults: dict[str, object] = {"boolean": False, "integer": 1, "number": 1, "array": [], "object": {}}
    return defaults.get(str(schema.get("type")), "As the script says.")


def _malformed(action: Malformed, known: dict[str, Tool], id: str) -> Call:  # noqa: A002
    tool = _own_tool(Run(command=""), known) or next(iter(known.values()), None)
    name = tool.name if tool is not None else "bash"
    match action.how:
        case "json":
            return Call(id=id, name=name, arguments='{"command": "echo not closed')
        case "arguments":
            return Call(id=id, name=name, arguments="{}")
        case "tool":
            return Call(id=id, name="no_such_tool", arguments="{}")


def _properties(tool: Tool) -> Json:
    return mapping(tool.parameters.get("properties"))


def _first(tool: Tool, names: Iterable[str]) -> str | None:
    properties = _properties(tool)
    return next((name for name in names if name in properties), None)


def _absolute(path: str, workdir: str) -> str:
    return posixpath.normpath(posixpath.join(workdir, path))
