"""What the review page is measured against: other renderers of the same git diff, and a pager.

`@pierre/diffs` and diff2html come from npm, pinned, into `.cache/` (network the first time). What cannot be had is
skipped, and `skipped` says why.
"""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIERRE = ("@pierre/diffs@1.6.4", "esbuild@0.25.12")
DIFF2HTML = ("diff2html@3.4.52",)
_ENTRY = """\
import { CodeView, parsePatchFiles } from "@pierre/diffs";
const text = await (await fetch("diff.txt")).text();
const files = parsePatchFiles(text).flatMap((patch) => patch.files);
const view = new CodeView({ diffStyle: "unified" });
const root = document.getElementById("at");
view.setup(root);
view.setItems(files.map((fileDiff, at) => ({ id: String(at), type: "diff", fileDiff })));
view.render(true);
const look = () => {
  const drawn = [...root.querySelectorAll("*")].some((each) => each.shadowRoot?.querySelector("[data-line]"));
  if (drawn) performance.mark("drawn");
  else requestAnimationFrame(look);
};
look();
"""
_PAGE = """\
<!doctype html><meta charset=utf-8><style>body {{ margin: 0 }} #at {{ height: 100vh; overflow: auto }}</style>
<div id=at></div><script type=module src={script}></script>"""
_DIFF2HTML = """\
<!doctype html><meta charset=utf-8><link rel=stylesheet href=diff2html.min.css><div id=at></div>
<script src=diff2html.min.js></script><script>fetch('diff.txt').then((a) => a.text()).then((text) => {
at.innerHTML = Diff2Html.html(text, {drawFileList: false, matching: 'none'});
requestAnimationFrame(() => setTimeout(() => performance.mark('drawn')));});</script>"""


class SkippedError(Exception):
    """A baseline that cannot be had here; the text says why."""


def pierre_page(folder: Path) -> str:
    """Make the page that shows `diff.txt` with @pierre/diffs, and give its name. Raises SkippedError."""
    cache = _installed("pierre", PIERRE)
    entry = cache / "entry.js"
    entry.write_text(_ENTRY)
    bundle = [str(cache / "node_modules" / ".bin" / "esbuild"), str(entry), "--bundle", "--format=esm", "--splitting"]
    made = subprocess.run([*bundle, "--minify", f"--outdir={folder / 'pierre'}"], capture_output=True, text=True)
    if made.returncode:
        raise SkippedError(f"it cannot be bundled: {made.stderr.strip()[:200]}")
    (folder / "pierre.html").write_text(_PAGE.format(script="pierre/entry.js"))
    return "pierre.html"


def diff2html_page(folder: Path) -> str:
    """Make the page that shows `diff.txt` with diff2html, and give its name. Raises SkippedError."""
    bundles = _installed("diff2html", DIFF2HTML) / "node_modules" / "diff2html" / "bundles"
    shutil.copy(bundles / "js" / "diff2html.min.js", folder)
    shutil.copy(bundles / "css" / "diff2html.min.css", folder)
    (folder / "diff2html.html").write_text(_DIFF2HTML)
    return "diff2html.html"


def _installed(name: str, packages: tuple[str, ...]) -> Path:
    """Where the packages are, installed when they are not yet."""
    cache = ROOT / ".cache" / name
    mark = cache / "installed.json"
    if mark.exists() and json.loads(mark.read_text()) == list(packages):
        return cache
    npm = shutil.which("npm")
    if npm is None:
        raise SkippedError("npm is not there")
    cache.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--no-fund", "--no-audit", "--prefix", str(cache), *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired as error:
        raise SkippedError("npm install took longer than three minutes") from error
    if done.returncode:
        raise SkippedError(f"npm install failed: {done.stderr.strip()[-200:]}")
    mark.write_text(json.dumps(packages))
    return cache


def pager(command: list[str], folder: Path) -> dict[str, float]:
    """How long `git diff --no-index` takes by itself, and until less shows its first screen, in milliseconds."""
    less = shutil.which("less")
    if less is None:
        raise SkippedError("less is not there")
    began = time.monotonic()
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False)  # 1 says that there are differences
    alone = time.monotonic() - began
    return {"git_diff_alone": round(alone * 1000), "first_screen": round(_first_screen(command, less, folder) * 1000)}


def _first_screen(command: list[str], less: str, folder: Path) -> float:
    began = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm", LINES="50", COLUMNS="140", LESS="")
        os.execv("/bin/sh", ["sh", "-c", '"$@" | "$0"', less, *command])
    try:
        shown = b""
        while shown.count(b"\n") < 20:
            ready, _, _ = select.select([terminal], [], [], 60)
            part = os.read(terminal, 1 << 16) if ready else b""
            if not part:
                raise SkippedError("less showed no screen")
            shown += part
        return time.monotonic() - began
    except OSError as error:
        raise SkippedError("less ended before its first screen") from error
    finally:
        os.kill(process, signal.SIGKILL)  # the terminal goes with it, and with the terminal what reads and writes it
        os.close(terminal)
        os.waitpid(process, 0)
