"""Reading podium.toml: what it gives, and what a person is told about its faults."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.kernel.errors import UsageError
from podium.project.model import AgentSettings, PermissionRule, Protected, Settings
from podium.project.settings import parse_settings, require_agent
from podium.project.toml_lines import key_lines
from podium.project.toml_reader import Document

MINIMAL = '[project]\nname = "shop"\n'

FULL = """
[project]
name = "shop"
target = "release/2"
specs = "docs/specs/"

[environment]
setup = "uv sync"
lockfiles = ["uv.lock"]
test = "pytest -q"
test_minutes = 2.5
mounts = ["/opt/node"]
env = { LANG = "C.UTF-8" }

[review]
capacity = 3

[run]
parallel = 8
agent = "claude"

[network]
allow = ["proxy.example.org:443"]

[limits]
memory_mb = 1024
wall_minutes = 5

[evidence]
budget_seconds = 60
fail_on = "warning"
mutants = true

[tripwires]
stall_minutes = 1
loop_repeats = 3

[agents.claude]
command = ["claude-acp", "--verbose"]
env = { MODEL = "x" }
mounts = ["/opt/claude"]
model = "big"

[agents.codex]
driver = "codex"

[[permissions]]
action = "allow"
kind = "read"

[[permissions]]
action = "deny"
kind = "execute"
match = "git push*"

[[protected]]
rule = "human-only"
paths = ["podium.toml"]

[[protected]]
rule = "extra-checks"
constructs = ['\\beval\\(']
checks = ["make audit"]
reason = "eval runs what it is given"
"""


def _error(text: str | bytes) -> str:
    with pytest.raises(UsageError) as caught:
        parse_settings(text)
    return str(caught.value)


def test_a_minimal_file_has_defaults() -> None:
    assert parse_settings(MINIMAL) == Settings(project="shop")


def test_every_setting_is_read() -> None:
    found = parse_settings(FULL)
    assert (found.project, found.target, found.specs, found.capacity, found.parallel) == (
        "shop", "release/2", "docs/specs", 3, 8,
    )  # fmt: skip
    assert found.default_agent == "claude"
    assert found.network == ("proxy.example.org:443",)
    assert found.environment.env == {"LANG": "C.UTF-8"}
    assert found.environment.test_minutes == 2.5
    assert (found.limits.memory_mb, found.limits.processes, found.limits.wall_minutes) == (1024, 256, 5.0)
    assert (found.tripwires.stall_minutes, found.tripwires.loop_repeats) == (1.0, 3)
    assert (found.evidence.budget_seconds, found.evidence.test_map, found.evidence.mutants) == (60.0, True, True)
    assert found.evidence.fail_on == "warning"
    assert found.agents == (
        AgentSettings(
            name="claude", command=("claude-acp", "--verbose"), env={"MODEL": "x"}, mounts=("/opt/claude",), model="big"
        ),
        AgentSettings(name="codex", driver="codex"),
    )
    assert found.permissions == (
        PermissionRule(action="allow", kind="read"),
        PermissionRule(action="deny", kind="execute", match="git push*"),
    )
    assert found.protected[1] == Protected(
        rule="extra-checks",
        constructs=(r"\beval\(",),
        checks=("make audit",),
        reason="eval runs what it is given",
    )


def test_windows_line_ends_and_a_byte_order_mark_are_no_fault() -> None:
    assert parse_settings(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode()) == Settings(project="shop")


@pytest.mark.parametrize(
    ("addition", "line", "what", "do"),
    [
        ("[enviroment]\n", 3, "'enviroment'", "'environment'"),
        ("[environment]\ntset = 'x'\n", 4, "'environment.tset'", "'test'"),
        ("[environment]\ntest = 3\n", 4, "environment.test is the number 3", "text in quotes"),
        ("[environment]\ntest = ['a']\n", 4, "environment.test is a list", "text in quotes"),
        ("[limits]\nmemory_mb = '4'\n", 4, 'limits.memory_mb is the text "4"', "whole number"),
        ("[limits]\nmemory_mb = -1\n", 4, "limits.memory_mb is -1", "0 or more"),
        ("[limits]\nmemory_mb = true\n", 4, "limits.memory_mb is true", "whole number"),
        ("[limits]\nwall_minutes = nan\n", 4, "limits.wall_minutes is nan", "not negative"),
        ("[review]\ncapacity = 0\n", 4, "review.capacity is 0", "1 or more"),
        ("[network]\nallow = ['*.org:443']\n", 4, "'*.org:443'", "exact names"),
        ("[network]\nallow = ['a.org']\n", 4, "'a.org'", "exact names"),
        ("[network]\nallow = ['a.org:70000']\n", 4, "'a.org:70000'", "exact names"),
        ("[agents.x]\n", 3, "Agent 'x' has no command", "command = "),
        ("[agents.x]\ncommand = ['a',\n 3]\n", 5, "agents.x.command[1]", "quotes"),
        ("[agents.'a b']\ncommand = ['a']\n", 3, "'a b'", "letters"),
        ("[[permissions]]\naction = 'maybe'\n", 4, "'maybe'", '"allow" or "deny"'),
        ("[[permissions]]\naction = 'deny'\nkind = 'run'\n", 5, "'run'", "execute"),
        ("[permissions]\naction = 'deny'\n", 3, "permissions is a table", "[[permissions]]"),
        ("[[protected]]\nrule = 'humans'\npaths = ['a']\n", 4, "'humans'", '"human-only"'),
        ("[[protected]]\nrule = 'human-only'\n", 3, "names nothing", "paths"),
        ("[[protected]]\nrule = 'human-only'\npaths = ['/etc']\n", 5, "'/etc'", '"etc"'),
        ("[[protected]]\nrule = 'human-only'\npaths = ['a']\nconstructs = ['(']\n", 6, "not a regular", "quotes"),
        ("[[protected]]\nrule = 'human-only'\nconstructs = ['(a+)+b']\n", 5, "for ever", "possessive"),
        ("[[protected]]\nrule = 'human-only'\nconstructs = ['a*']\n", 5, "every line", "at least one"),
        ("[[protected]]\nrule = 'extra-checks'\npaths = ['a']\n", 3, "without a check", "checks = "),
        ("[[protected]]\nrule = 'human-only'\npaths = ['a']\nchecks = ['b']\n", 6, "takes no checks", "extra-checks"),
        ("[environment]\nmounts = ['opt']\n", 4, "'opt'", "absolute"),
        ("[environment]\nenv = { A = 1 }\n", 4, "environment.env.A", "quotes"),
        ("a = 'x'\na = 'y'\n", 4, "not valid TOML", "twice"),
        ("x = \n", 3, "not valid TOML", "key = value"),
        ("[review\n", 3, "not valid TOML", "key = value"),
    ],
)
def test_a_fault_is_located_and_says_what_to_write(addition: str, line: int, what: str, do: str) -> None:
    said = _error(MINIMAL + addition)
    assert said.startswith(f"podium.toml:{line}"), said
    assert what in said
    assert do in said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no usable name"),
        ('[project]\nname = ""\n', "no usable name"),
        ('[project]\nname = "a"\ntarget = "refs/heads/main"\n', 'such as "main"'),
        ('[project]\nname = "a"\ntarget = "a..b"\n', "not the name of a branch"),
        ('[project]\nname = "a"\nspecs = "../specs"\n', "not a folder"),
        ('[project]\nname = "a"\nspecs = "*"\n', "not a folder"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a\0b", "binary"),
        (b"#" * 1_000_001, "1,000,001 bytes"),
        ("a = " + "[" * 5000 + "]" * 5000, "podium.toml"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(text: str | bytes, what: str) -> None:
    assert what in _error(text)


def test_all_faults_are_told_at_once() -> None:
    said = _error(MINIMAL + "[limits]\nmemory_mb = 'x'\n[review]\ncapcity = 1\n")
    assert "podium.toml:4" in said
    assert "line 6" in said


def test_the_default_agent_is_the_configured_one_or_the_only_one() -> None:
    assert require_agent(Settings(project="x", default_agent="a"), ("b",)) == "a"
    assert require_agent(Settings(project="x"), ("b",)) == "b"
    with pytest.raises(UsageError, match="no agent is chosen"):
        require_agent(Settings(project="x"), ("a", "b"))
    with pytest.raises(UsageError, match="no agent is configured"):
        require_agent(Settings(project="x"), ())


def test_the_line_of_every_key_is_found_whatever_stands_around_it() -> None:
    text = '''# [no.table]
a = """
[not.a.table]
b = 1"""
"quoted key" = 1
c.d = [
  1, # ]
  '],',
  { x = 1 }]
[t]
when = 1979-05-27 07:32:00
[[list]]
x = """"quoted""""
[[list]]
[list.sub]
y = 1
'''
    tomllib.loads(text)
    lines = key_lines(text)
    assert lines["a",] == 2
    assert lines["quoted key",] == 5
    assert lines["c", "d"] == 6
    assert lines["c", "d", 1] == 8
    assert lines["c", "d", 2, "x"] == 9
    assert lines["t", "when"] == 11
    assert lines["list", 0, "x"] == 13
    assert lines["list", 1] == 14
    assert lines["list", 1, "sub", "y"] == 16
    assert ("not",) not in lines


_values = st.recursive(
    st.one_of(st.integers(-5, 5), st.booleans(), st.text("ab'\"\\\n#[]{}=,é", max_size=6)),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text("ab. \"'", max_size=3), _values, max_size=4))
def test_keys_are_found_in_any_document_that_another_library_writes(data: dict[str, object]) -> None:
    tomlkit = pytest.importorskip("tomlkit")
    text = tomlkit.dumps({"top": 1, "table": data})
    lines = key_lines(text)
    for key in data:
        # the header's line, or the key's own
        assert text.split("\n")[lines["table", key] - 1].strip() != ""
    assert Document(text, "x").line(("table", "absent")) == lines["table",]


def test_a_policy_that_nobody_knows_is_a_fault_and_none_is_no_choice() -> None:
    assert 'Write one of: "error", "warning", "never".' in _error(MINIMAL + '[evidence]\nfail_on = "always"\n')
    assert parse_settings(MINIMAL + '[evidence]\nfail_on = ""\n').evidence.fail_on is None
