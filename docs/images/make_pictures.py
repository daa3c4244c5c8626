"""Makes the pictures of the documentation from what Podium really prints: `python docs/images/make_pictures.py`.

It plays the first half of the demo in a temporary directory, runs commands there on a terminal of its own, and draws
what they print.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from podium.cli.context import Context
from podium.cli.demo_story.ending import end_processes
from podium.cli.demo_story.place import build
from podium.cli.demo_story.stage import Stage
from podium.cli.demo_story.story import begin

HERE = Path(__file__).parent
COLUMNS = 100
THEME = TerminalTheme(
    (22, 24, 29),
    (214, 217, 224),
    [
        (22, 24, 29),
        (240, 113, 120),
        (149, 208, 127),
        (242, 196, 102),
        (110, 168, 254),
        (199, 146, 234),
        (99, 205, 207),
        (214, 217, 224),
    ],
)
PICTURES = {"review": (("status",), ("review", "T2", "--print"))}


def main() -> None:
    """Play, then draw every picture."""
    podium = str(Path(sys.executable).with_name("podium"))
    with tempfile.TemporaryDirectory(prefix="podium-pictures-") as directory:
        place = Path(directory) / "demo"
        place.mkdir()
        demo = build(place, os.environ, ("Ada", "ada@example.org"))
        begin(Stage(demo, Context(os.environ).output, colour=False), yes=True)
        for name, commands in PICTURES.items():
            console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
            for arguments in commands:
                console.print(Text.assemble(("$ ", "dim"), (f"podium {' '.join(arguments)}", "bold")))
                command = [podium, "-C", str(place / "pace"), "--state", str(place / "state"), *arguments]
                console.print(Text.from_ansi(printed(command)))
            svg = console.export_svg(title="podium", theme=THEME, unique_id="podium")
            # No font is fetched from anywhere: the reader's own monospace font is used.
            svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code, ", "")
            (HERE / f"{name}.svg").write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")
            sys.stdout.write(f"{HERE / name}.svg\n")
        end_processes(place / "state")


def printed(command: list[str]) -> str:
    """What a command prints on a terminal, colours included."""
    master, worker = pty.openpty()
    fcntl.ioctl(worker, termios.TIOCSWINSZ, struct.pack("HHHH", 200, COLUMNS, 0, 0))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=worker, stderr=worker)
    os.close(worker)
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # how Linux says that nobody has the other side any more
            break
        if not part:
            break
        parts.append(part)
    os.close(master)
    process.wait()
    return b"".join(parts).decode().replace("\r\n", "\n")


if __name__ == "__main__":
    main()
