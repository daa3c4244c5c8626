"""`podium-scripted-model SCRIPT`: the scripted model server as a program."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from pathlib import Path

import podium
from podium.kernel.errors import PodiumError
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.steps import load


def main() -> None:
    """The program. Exit code 2 when the script is wrong, 1 when it cannot listen."""
    parser = argparse.ArgumentParser(
        prog="podium-scripted-model",
        description="A model provider without a model: plays a script over the APIs of Anthropic, OpenAI and Gemini, "
        "on loopback. Prints its URL once it listens.",
        epilog="Example: podium-scripted-model script.toml --journal asked.jsonl",
    )
    parser.add_argument("script", type=Path, help="TOML or JSON file; see podium/testing/model_server/steps.py")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--socket", type=int, metavar="FD", help="a listening socket that was inherited, instead")
    parser.add_argument("--journal", type=Path, help="write every request to this file, as JSON lines")
    parser.add_argument("--version", action="version", version=f"podium-scripted-model {podium.__version__}")
    options = parser.parse_args()
    try:
        script = load(options.script)
        listener = None if options.socket is None else socket.socket(fileno=options.socket)
        server = ModelServer(script, listener=listener, port=options.port, journal=options.journal)
    except (PodiumError, OSError) as error:
        sys.stderr.write(f"podium-scripted-model: error: {error}\n")
        raise SystemExit(error.exit_code if isinstance(error, PodiumError) else 1) from None
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before the threads begin, which inherit it
    with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
