"""A package index on this machine's loopback, for set-ups to fetch from: a simple Python one, and one of npm."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import ssl
import subprocess
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

WHEEL = "tiny-1.0-py3-none-any.whl"
TARBALL = "tiny-1.0.0.tgz"


def wheel() -> bytes:
    """A wheel of one module, made by hand."""
    made = io.BytesIO()
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("tiny.py", "VALUE = 7\n")
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return made.getvalue()


def tarball() -> bytes:
    """A package of npm, made by hand."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as file:
        for name, text in (
            ("package.json", '{"name": "tiny", "version": "1.0.0", "main": "index.js"}'),
            ("index.js", "exports.value = 7\n"),
        ):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text)
            file.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(made.getvalue(), mtime=0)


def certificate(place: Path) -> tuple[ssl.SSLContext, str]:
    """A server's context for this machine's loopback, and the file that a client has to trust."""
    key, certificate = place / "index-key.pem", place / "index.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=index", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, str(certificate)


class PackageIndex:
    """An index at work, for a `with`. It notes every request: method, path and the password that came with it."""

    def __init__(self, *, password: str = "", tls: ssl.SSLContext | None = None, base: str = "../..") -> None:
        """With `tls` it is https; `base` begins its links to the wheel."""
        self.asked: list[tuple[str, str, str]] = []
        self.wheel, self.tarball = wheel(), tarball()
        self._password = password
        self.base = base
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.port = int(self._server.server_address[1])
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> PackageIndex:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """End it, and every connection with it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def sha256(self) -> str:
        """Of the wheel, hex."""
        return hashlib.sha256(self.wheel).hexdigest()

    @property
    def integrity(self) -> str:
        """Of the tarball, as lockfiles of npm have it."""
        return "sha512-" + base64.b64encode(hashlib.sha512(self.tarball).digest()).decode()

    def answer(self, path: str) -> tuple[str, bytes] | None:
        """What is at a path: type and content."""
        if path == "/simple/tiny/":
            link = f'<a href="{self.base}/files/{WHEEL}#sha256={self.sha256}">{WHEEL}</a>'
            return "text/html", f"<!DOCTYPE html><html><body>{link}</body></html>".encode()
        if path == f"/files/{WHEEL}":
            return "application/octet-stream", self.wheel
        if path == "/tiny":
            version = {
                "name": "tiny",
                "version": "1.0.0",
                "dist": {"tarball": f"{self.url}/tiny/-/{TARBALL}", "integrity": self.integrity},
            }
            listed = {"name": "tiny", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
            return "application/json", json.dumps(listed).encode()
        if path == f"/tiny/-/{TARBALL}":
            return "application/octet-stream", self.tarball
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        index = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                index.asked.append((self.command, self.path, self.headers.get("authorization", "")))
                found = index.answer(self.path)
                if index._password and self.headers.get("authorization") != index._password:
                    found, status = ("text/plain", b"who are you?"), 401
                else:
                    status = 200 if found else 404
                kind, body = found or ("text/plain", b"there is no such thing")
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Nothing: `asked` has it."""

        return Handler
