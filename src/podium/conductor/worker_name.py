"""Who a state directory's worker is."""

from __future__ import annotations

import os
import socket

from podium.conductor.home import Home
from podium.kernel.ids import system_entropy


def worker_name(home: Home) -> str:
    """The id of this state directory's worker, made the first time: an executor id must outlive the process."""
    home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return home.worker_id.read_text().strip()
    except FileNotFoundError:
        name = f"{socket.gethostname()[:30]}-{system_entropy(5).hex()}"
        fresh = home.worker_id.with_name(f".worker-id.{os.getpid()}")
        fresh.write_text(name + "\n")
        try:
            os.link(fresh, home.worker_id)
        except FileExistsError:
            return home.worker_id.read_text().strip()
        finally:
            fresh.unlink()
        return name
