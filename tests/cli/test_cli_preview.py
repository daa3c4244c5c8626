"""What an agent's program serves is shown to this machine alone, while it works and as a candidate."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

from cli_story import RIGHT, Story

from podium.testing import actions
from podium.testing.waiting import eventually

PAGE = actions.Write(path="src/index.html", text="<h1>hello</h1>\n")
WRITES = actions.Write(path="src/total.py", text=RIGHT)
SERVER = "python3 -m http.server {} --bind 127.0.0.1 --directory src"
READY = "python3 -c 'import socket; socket.create_connection((\\\"127.0.0.1\\\", 8055)).close()'"
PREVIEW = f'preview = "{SERVER.format(8000)}"'
SERVICE = f"""

[environment.services.web]
command = "{SERVER.format(8055)}"
ready = "{READY}"
"""


def page_at(url: str) -> str:
    """The page, once there is one."""
    try:
        with urllib.request.urlopen(url + "index.html", timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        error.close()
        return ""


def started(story: Story, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    """A preview that has told its address, which it does once the sandbox is there."""

    def told() -> tuple[subprocess.Popen[bytes], str] | None:
        argv = [sys.executable, "-m", "podium.cli.main", "preview", "T1", "--json", *options]
        process = subprocess.Popen(
            argv, cwd=story.world.repository, env=story.world.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        text = b""
        while not text.endswith(b"\n}\n") and (line := process.stdout.readline()):
            text += line
        url = json.loads(text).get("url") if text else None
        if url:
            return process, url
        process.kill()
        _, said = process.communicate()
        assert b"Traceback" not in said, said
        return None

    return eventually(told, 60.0)


def shown(story: Story, *options: str) -> tuple[str, str]:
    """The address that a preview gives, and the page there; it is ended by Ctrl-C."""
    process, url = started(story, *options)
    try:
        eventually(lambda: bool(page_at(url)), 60.0, every=0.2)
        page = page_at(url)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert b"Traceback" not in said, said
    return url, page


def test_a_page_is_shown_while_the_agent_works_and_when_it_is_done(tell: Callable[..., Story]) -> None:
    story = tell((PAGE, WRITES, actions.WaitForFile(path="/workspace/go")))
    settings = story.world.repository / "podium.toml"
    text = re.sub(r"(?m)^\[environment\].*$", lambda found: f"{found[0]}\n{PREVIEW}", settings.read_text())
    assert PREVIEW in text
    settings.write_text(text + SERVICE)
    story.good("plan", "approve", "total", "--yes")
    story.good("run", "total", "--no-follow")
    story.until("at work")
    url, page = shown(story, "--port", "8055")
    assert page == "<h1>hello</h1>\n"
    assert url.startswith("http://127.")
    assert not url.startswith("http://127.0.0.1:")
    story.good("take-over", "T1", "--", "touch", "go")
    story.until("in review")
    again, page = shown(story)
    assert page == "<h1>hello</h1>\n"
    assert again != url
