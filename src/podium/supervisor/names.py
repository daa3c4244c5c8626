"""The files of a round's directory."""

from __future__ import annotations

from typing import Final

ORDER: Final = "order.json"
LOCK: Final = "supervisor.lock"
LOG: Final = "supervisor.log"
STARTS: Final = "starts.jsonl"
SESSION: Final = "session.json"
EVENTS: Final = "events.jsonl"
EXIT: Final = "exit.json"
