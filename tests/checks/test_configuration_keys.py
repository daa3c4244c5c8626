"""Configuration keys that code reads, that settings classes hold and that shipped files set, on real trees."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks_bench import World, change, order

from podium.checks.configuration.code import key_reads
from podium.checks.configuration.files import LARGEST, file_keys, is_settings_file
from podium.checks.kinds.public_api import PUBLIC_API
from podium.checks.ports import UnreadableError
from podium.evidence.model import Blind, Holds, Item

Files = dict[str, str]


def look(root: Path, base: Files, candidate: Files) -> Item:
    changes: list[object] = []
    for path in {**base, **candidate}:
        if base.get(path) != candidate.get(path):
            status = "added" if path not in base else "deleted" if path not in candidate else "modified"
            changes.append(change(path, status))
    return World(root, base, candidate).gather(order(changes=tuple(changes)), (PUBLIC_API,))["configuration keys"]


def told(item: Item) -> list[tuple[str, str, int, str]]:
    return [(found.rule, found.message, found.line, found.side) for found in item.findings]


@pytest.mark.parametrize(
    ("line", "key", "default"),
    [
        ('ttl = config["cache.ttl"]', "cache.ttl", None),
        ('ttl = self.app.config.get("ttl", 30)', "ttl", "30"),
        ("port = settings().get('port', 'x')", "port", "'x'"),
        ('n = parser_cfg.getint("server", "port", fallback=80)', "server.port", "80"),
        ('const ttl = config.get("ttl") ?? 30;', "ttl", "30"),
        ('viper.SetDefault("ttl", 30)', "ttl", "30"),
        ('let t = settings.get_string("ttl")?;', "ttl", None),
        ('let t = config.get::<u64>("ttl")?;', "ttl", None),
        ('    Ttl int `mapstructure:"ttl" json:"t"`', "ttl", None),
        ('x = os.environ.get("TTL", "30")', "TTL", '"30"'),
        ("const x = process.env.TTL || '30';", "TTL", "'30'"),
        ('if viper.IsSet("ttl") {', "ttl", None),
        ("if settings.CACHE_TTL > 3:", "CACHE_TTL", None),
    ],
)
def test_a_look_up_in_a_configuration_is_seen(line: str, key: str, default: str | None) -> None:
    assert [(found.key, found.default) for found in key_reads(line)] == [(key, default)]


@pytest.mark.parametrize(
    "line",
    [
        'row["total"] = prices["x"]',
        'answer.get("x", 3)',
        'config.update("x")',
        'configure("x")',
        "config[key]",
        'settings.write("x")',
    ],
)
def test_other_look_ups_are_none(line: str) -> None:
    assert list(key_reads(line)) == []


def test_a_key_that_is_gone_or_new_or_has_another_default_is_told(tmp_path: Path) -> None:
    base = {"shop.py": 'import os\na = config["old.key"]\nb = config.get("ttl", 30)\nc = os.getenv("LIMIT", "5")\n'}
    now = {"shop.py": 'import os\na = config["new.key"]\nb = config.get("ttl", 60)\nc = os.getenv("LIMIT", "6")\n'}
    gone = "the configuration key old.key is no longer read: whoever sets it is not heard"
    assert told(look(tmp_path, base, now)) == [
        ("configuration-key-gone", gone, 2, "old"),
        ("configuration-key-new", "a new configuration key: new.key", 2, "new"),
        ("configuration-default", "the default of the configuration key ttl was 30, and is 60", 3, "new"),
        ("configuration-default", 'the default of the variable LIMIT was "5", and is "6"', 4, "new"),
    ]


def test_of_long_values_the_part_is_shown_in_which_they_differ(tmp_path: Path) -> None:
    names = [f"name{number}" for number in range(40)]
    base, now = (
        {"settings.py": f"NAMES = {names}\n"},
        {"settings.py": f"NAMES = {[*names[:30], 'other', *names[30:]]}\n"},
    )
    [(_, message, _, _)] = told(look(tmp_path, base, now))
    assert "'name30'" in message.partition(", and is ")[0]
    assert "'other'" in message.partition(", and is ")[2]
    assert len(message) < 200


def test_what_only_moved_or_is_read_elsewhere_too_is_silent(tmp_path: Path) -> None:
    base = {
        "a.py": 'one = config["one"]\ntwo = config.get("two", 2)\nthree = config["three"]\nfour = config["four"]\n',
        "b.py": "x = 1\n",
        "c.py": 'x = settings["three"]\n',
    }
    now = {
        "a.py": "x = config.four\n",
        "b.py": "two = self.config.get( 'two', 2 )  # moved\none = config['one']\n",
        "c.py": base["c.py"],
    }
    assert look(tmp_path, base, now).outcome == Holds()


def test_fields_of_settings_classes_and_modules_have_their_defaults_compared(tmp_path: Path) -> None:
    base = {
        "app.py": "class Cache(BaseSettings):\n    ttl: int = 30\n    size: int = 1\n    api_key: str = 'a1'\n",
        "settings.py": "DEBUG = False\nname = 1\n",
    }
    now = {
        "app.py": "class Cache(BaseSettings):\n    size: int\n    ttl: int = 60\n    api_key: str = 'b2'\n",
        "settings.py": "DEBUG = True\nname = 2\n",
    }
    assert told(look(tmp_path, base, now)) == [
        ("configuration-default", "Cache.size has no default any more: it has to be given", 2, "new"),
        ("configuration-default", "the default of Cache.ttl was 30, and is 60", 3, "new"),
        ("configuration-default", "the default of Cache.api_key is another one", 4, "new"),
        ("configuration-default", "the default of DEBUG was False, and is True", 1, "new"),
    ]


SAME = {
    "config.toml": ("[cache]\nttl = 3\nhost = 'a'\n", "[cache]\nhost = 'a'\nttl = 60\n", "cache.ttl"),
    "config.json": ('{"cache": {"ttl": 3}}', '{"cache": {\n  "ttl": 60}}', "cache.ttl"),
    "app/settings.ini": ("[cache]\nttl=3\n", "; new\n[cache]\nttl = 60\n", "cache.ttl"),
    "defaults.yaml": ("cache:\n  hosts:\n    - a\n  ttl: 3\n", "cache:\n  ttl: 60 # s\n  hosts:\n  - a\n", "cache.ttl"),
    ".env.example": ("export TTL=3\n", "# x\nTTL=60\n", "TTL"),
    "application.properties": ("cache.ttl=3\n", "cache.ttl = 60\n", "cache.ttl"),
}  # fmt: skip


@pytest.mark.parametrize("path", SAME)
def test_another_value_in_a_shipped_file_is_told_however_the_file_is_laid_out(tmp_path: Path, path: str) -> None:
    old, new, key = SAME[path]
    place = next(number for number, line in enumerate(new.split("\n"), 1) if "60" in line)
    item = look(tmp_path, {path: old}, {path: new})
    assert told(item) == [("configuration-default", f"{key} was 3, and is 60", place, "new")]


def test_keys_of_a_shipped_file_that_are_gone_renamed_or_new_are_told_and_secrets_are_not(tmp_path: Path) -> None:
    base = {"config.yml": "server:\n  port: 8080\n  old: 7\n  timeout: 31\npassword: hunter2\n"}
    now = {"config.yml": "server:\n  listen: 8080\n  fresh: 9\n  timeout: 31\npassword: hunter3\n"}
    item = look(tmp_path, base, now)
    assert told(item) == [
        ("configuration-key-gone", "the configuration key server.port is now server.listen", 2, "new"),
        ("configuration-key-gone", "the configuration key server.old is gone from config.yml", 3, "old"),
        ("configuration-key-new", "a new configuration key: server.fresh, set to 9", 3, "new"),
        ("configuration-default", "password is another one", 5, "new"),
    ]
    assert "hunter" not in str(item)


def test_a_configuration_file_that_is_gone_is_told(tmp_path: Path) -> None:
    item = look(tmp_path, {"config.toml": "a = 1\n", "x.py": "a = 1\n"}, {"x.py": "a = 2\n"})
    assert told(item) == [("configuration-file-gone", "a configuration file is gone", 0, "old")]


@pytest.mark.parametrize(
    "path",
    [
        "setup.cfg", "tsconfig.json", ".github/config.yml", "tests/config.json", "jest.config.json", "mkdocs.yml",
        "docs/config.toml", ".eslintrc.json", "data/prices.json", "package.json", "vendor/config.yml",
    ],
)  # fmt: skip
def test_files_of_tools_and_tests_are_none_of_the_program(path: str) -> None:
    assert not is_settings_file(path) or path.startswith("tests/")


HOSTILE = {
    "config.json": (b"[" * 100_000, b'{"a": ' * 5_000 + b"1" + b"}" * 5_000, b"\xff\xfe\x00", b"{" * 300_000),
    "config.toml": (b"a = \x00", b"[" * 1000, b"a = 1\na = 2\n"),
    "config.ini": (b"\xff", b"[cache]\n = 1\n"),
    "config.yml": (b"\xff\xfe", b" " * LARGEST + b"a: 1"),
}


@pytest.mark.parametrize(("path", "data"), [(path, data) for path, all_ in HOSTILE.items() for data in all_])
def test_a_file_that_cannot_be_read_says_so(path: str, data: bytes) -> None:
    with pytest.raises(UnreadableError):
        file_keys(path, data)


def test_odd_yaml_and_endless_lines_are_borne() -> None:
    bomb = "a: &a [x]\nb: &b [*a, *a]\nc:\n  <<: *b\n  'quoted key': v\n  text: |\n    no: key\n  after: 1\n"
    assert {key: entry.value for key, entry in file_keys("config.yaml", bomb.encode()).items()} == {
        "a": "&a [x]", "b": "&b [*a, *a]", "c.<<": "*b", "c.quoted key": "v", "c.text": "|", "c.after": "1",
    }  # fmt: skip
    assert file_keys("config.yaml", ("a: 1\n" + "  " * 3000 + "x\r\n" + ": : :\n" * 9000).encode())["a"].value == "1"
    assert list(key_reads("config" * 300_000 + '["x"]')) == []


def test_a_file_that_is_no_configuration_any_more_blinds(tmp_path: Path) -> None:
    item = look(tmp_path, {"config.json": '{"a": 1}'}, {"config.json": "{a"})
    assert item.outcome == Blind(why="config.json: it is no JSON that can be read")
