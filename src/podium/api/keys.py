"""Who may talk to the server: one secret for each state directory, and links that let a browser in once.

The secret lies in a file that only its owner can read, and reaches the browser as a cookie. What `podium up` opens is a
link with a key that works once and not for long: links end up in histories, in shells and in the process list.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from pathlib import Path

_KEY = re.compile(r"[A-Za-z0-9_-]{20,100}")
KEY_SECONDS = 600.0
"""How long a link that nobody has used yet works."""


class Keys:
    """The secret and the links of one state directory; `place` is a directory of their own."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def secret(self) -> str:
        """The secret, made the first time that it is asked for."""
        self._make()
        file = self._place / "token"
        for _ in range(3):
            try:
                found = file.read_text(encoding="ascii").strip()
            except FileNotFoundError:
                found = ""
            if _KEY.fullmatch(found):
                return found
            self._write_secret(file)
        raise OSError(f"{file} cannot be written")

    def new_key(self) -> str:
        """A key that lets one browser in, once. Keys that nobody used in time are swept away."""
        self._make()
        self._sweep()
        key = secrets.token_urlsafe(24)
        os.close(os.open(self._file(key), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return key

    def use(self, key: str) -> bool:
        """Use a key up; False for one that is unknown, used or too old."""
        if not _KEY.fullmatch(key):
            return False
        file = self._file(key)
        try:
            fresh = time.time() - file.stat().st_mtime < KEY_SECONDS
            file.unlink()  # whoever removes it has used it: two requests at once cannot both
        except FileNotFoundError:
            return False
        return fresh

    def _file(self, key: str) -> Path:
        return self._place / f"key-{hashlib.sha256(key.encode()).hexdigest()}"

    def _make(self) -> None:
        self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._place.chmod(0o700)

    def _sweep(self) -> None:
        for file in self._place.glob("key-*"):
            try:
                if time.time() - file.stat().st_mtime >= KEY_SECONDS:
                    file.unlink()
            except FileNotFoundError:
                continue

    def _write_secret(self, file: Path) -> None:
        """Two processes at once write one each; what counts is what is read afterwards."""
        fresh = file.with_name(f"token-{os.getpid()}-{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, secrets.token_urlsafe(32).encode())
        finally:
            os.close(descriptor)
        fresh.replace(file)


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, without telling by the time it takes."""
    return hmac.compare_digest(one.encode(), other.encode())
