"""Services beside a command in its sandbox: a database, a queue, a dev server, on the sandbox's own loopback.

They start before the command and are waited for; they end with the sandbox. Their output is in TMPDIR, where the agent
can read it. A service that does not become ready ends the sandbox with 125 and its last words on stderr.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from podium.project.model import Companion

TICK_SECONDS: Final = 0.2
NOT_READY: Final = 125

SCRIPT: Final = """\
d=${TMPDIR:-/tmp}/podium-services; mkdir -p "$d"
while [ "$1" != -- ]; do
  n=$1 c=$2 r=$3 s=$4; shift 4
  /bin/sh -c "$c" </dev/null >"$d/$n.log" 2>&1 &
  p=$! i=0 code=
  until [ -n "$r" ] && /bin/sh -c "$r" </dev/null >/dev/null 2>&1; do
    if [ -z "$code" ] && ! kill -0 "$p" 2>/dev/null; then wait "$p"; code=$?; fi
    if [ -z "$r" ] && [ "${code:-0}" = 0 ]; then break; fi
    i=$((i + 1))
    if [ "${code:-0}" != 0 ] || [ "$i" -gt "$s" ]; then
      echo "podium: the service $n did not become ready${code:+ (it ended with $code)}" >&2
      tail -n 20 "$d/$n.log" >&2
      exit 125
    fi
    sleep 0.2
  done
done
shift
exec "$@"
"""


def with_services(services: Sequence[Companion], argv: Sequence[str]) -> list[str]:
    """`argv` behind what starts the services; unchanged where there are none."""
    if not services:
        return list(argv)
    words = ["/bin/sh", "-c", SCRIPT, "podium-services"]
    for service in services:
        ticks = max(1, round(service.seconds / TICK_SECONDS))
        words += [service.name, service.command, service.ready, str(ticks)]
    return [*words, "--", *argv]
