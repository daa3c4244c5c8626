from __future__ import annotations

import pytest

from podium.evidence.interfaces import interface_changes
from podium.runs.model import DiffLine, FileChange, Hunk


def rules(path: str, old: str, new: str, status: str = "modified") -> list[str]:
    lines = tuple(DiffLine(kind="-", old=n, new=0, text=text) for n, text in enumerate(old.splitlines(), 1))
    lines += tuple(DiffLine(kind="+", old=0, new=n, text=text) for n, text in enumerate(new.splitlines(), 1))
    hunk = Hunk(id="h", path=path, old_start=1, new_start=1, section="", lines=lines)
    change = FileChange(path=path, old_path=path, status=status, old_mode="100644", new_mode="100644",  # type: ignore[arg-type]
                        old_blob="1", new_blob="2", added=1, removed=1, binary=False, hunks=(hunk,))  # fmt: skip
    return [finding.rule for finding in interface_changes((change,)).all()]


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        (
            "cli.py",
            'parser.add_argument("--fast")',
            'parser.add_argument("--quick")',
            ["cli-flag-gone", "cli-flag-new"],
        ),
        ("cli.py", '@click.option("--fast", is_flag=True)', '@click.option("--fast", default=1)', []),
        ("cli.ts", 'program.option("--fast")', "", ["cli-flag-gone"]),
        ("examples/cli.ts", 'program.option("--fast")', "", []),
        ("web.py", '@app.get("/users")', '@app.get("/people")', ["route-gone", "route-new"]),
        ("urls.py", 'path("users/", views.users)', "", ["route-gone"]),
        ("web.ts", 'router.post("/users", f)', 'router.post("/users", g)', []),
        ("web.go", 'http.HandleFunc("/users", f)', "", ["route-gone"]),
        ("conf.py", 'os.environ["TOKEN_FILE"]', 'os.environ.get("TOKEN_PATH")', ["variable-gone", "variable-new"]),
        ("conf.ts", "process.env.PORT", "process.env.PORT || 1", []),
        ("conf.rs", 'env::var("PORT")', "", ["variable-gone"]),
        ("api/v1.proto", "string name = 1;", "string title = 1;", ["schema"]),
        ("openapi.yaml", "", "  /new:", []),
        ("app/migrations/0001_init.py", "x", "y", ["migration-changed"]),
        ("tests/test_cli.py", 'run("--fast")', "", []),
    ],
)
def test_what_users_rely_on_is_told(path: str, old: str, new: str, told: list[str]) -> None:
    assert rules(path, old, new) == told


def test_a_new_migration_that_takes_away_is_told() -> None:
    text = "def upgrade():\n    op.drop_column('users', 'name')\n\ndef downgrade():\n    pass"
    assert rules("alembic/versions/2_x.py", "", text, "added") == ["migration-destroys"]
    assert rules("db/migrate/3.sql", "", "create table x (a int);", "added") == ["migration-one-way"]
