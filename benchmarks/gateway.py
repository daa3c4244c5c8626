"""What the model gateway costs: time added to a request, against a direct one in the same run, and memory when idle.

    python benchmarks/gateway.py [--json] [--requests 300]

A provider on loopback answers at once with a small stream; each request is made once directly and once through the
gateway, in turns, on connections that are kept. The gateway runs in a process of its own, which has imported what a
supervisor imports for it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_BODY = json.dumps(
    {"model": "claude-haiku-4-5", "stream": True, "messages": [{"role": "user", "content": "x" * 20_000}]}
)
_START = {
    "type": "message_start",
    "message": {"model": "claude-haiku-4-5", "usage": {"input_tokens": 9, "output_tokens": 1}},
}
_EVENTS = [_START, *({"type": "content_block_delta", "delta": {"text": "word "}},) * 20,
           {"type": "message_delta", "usage": {"output_tokens": 20}}]  # fmt: skip

_GATEWAY = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from podium.kernel.clock import SystemClock
from podium.supervisor.keeper import ModelKeeper
from podium.supervisor.order import BudgetOrder, Order
from podium.workspaces.gateway.book import Cap
from podium.workspaces.gateway.credentials import KeyPlace
from podium.workspaces.gateway.gateway import Gateway
from podium.workspaces.gateway.order import GatewayOrder
from podium.workspaces.plan import SandboxPlan
import socket
class Place:
    def emit(self, event): pass
    def hold(self, on, detail, resumes_at=""): pass
    def release(self, on): pass
async def main():
    order = GatewayOrder(name="bench", kind="anthropic", url=sys.argv[1], key=KeyPlace(variable="K"))
    caps = tuple(Cap(scope=each, account=each, usd=1000.0) for each in ("round", "task", "spec", "day"))
    plan = SandboxPlan(tier="overlay", lowers=("/x",), upper="/x", work="/x", home="")
    budget = BudgetOrder(book=sys.argv[2], caps=caps)
    whole = Order(round="r", agent="a", command=("a",), prompt="", sandbox=plan, gateway=order, budget=budget)
    gateway = Gateway(order, {"K": "key"}, ModelKeeper(whole, order, {"K": "key"}, Place(), SystemClock()))
    listener = socket.create_server(("127.0.0.1", 0))
    await gateway.serve(listener)
    print(listener.getsockname()[1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


class _Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        del format, args

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in _EVENTS:
            line = b"data: " + json.dumps(event).encode() + b"\n\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")


def _one(connection: http.client.HTTPConnection) -> tuple[float, float]:
    """Milliseconds to the first byte, and to the last one."""
    began = time.perf_counter()
    connection.request("POST", "/v1/messages", _BODY, {"content-type": "application/json"})
    answer = connection.getresponse()
    answer.read1(1)
    first = time.perf_counter() - began
    answer.read()
    return first * 1000, (time.perf_counter() - began) * 1000


def _figures(pairs: list[tuple[float, float]]) -> dict[str, float]:
    firsts, wholes = [each[0] for each in pairs], sorted(each[1] for each in pairs)
    return {
        "first_byte_median_ms": round(statistics.median(firsts), 3),
        "median_ms": round(statistics.median(wholes), 3),
        "p99_ms": round(wholes[int(len(wholes) * 0.99) - 1], 3),
    }


def _memory_mb(pid: int) -> float:
    """Resident memory that is the process's own or its share of what others hold too."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024, 1)


def measure(requests: int) -> dict[str, object]:
    """All figures."""
    provider = ThreadingHTTPServer(("127.0.0.1", 0), _Provider)
    provider.daemon_threads = True
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-c", _GATEWAY, f"http://127.0.0.1:{provider.server_port}", f"{place}/book.db"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as gateway:
            assert gateway.stdout is not None
            port = int(gateway.stdout.readline())
            idle = _memory_mb(gateway.pid)
            ways = {"direct": provider.server_port, "gateway": port}
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
            lines = {name: http.client.HTTPConnection("127.0.0.1", port) for name, port in ways.items()}
            for each in lines.values():
                each.connect()
                each.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for number in range(requests + 20):
                for name, connection in lines.items():
                    pair = _one(connection)
                    if number >= 20:
                        found[name].append(pair)
            after = _memory_mb(gateway.pid)
            gateway.kill()
    provider.shutdown()
    figures = {name: _figures(pairs) for name, pairs in found.items()}
    added = [through[1] - direct[1] for through, direct in zip(found["gateway"], found["direct"], strict=True)]
    return {
        "requests": requests,
        **figures,
        "overhead_median_ms": round(statistics.median(added), 3),
        "memory_idle_mb": idle,
        "memory_after_mb": after,
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    found = measure(options.requests)
    print(json.dumps(found) if options.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
