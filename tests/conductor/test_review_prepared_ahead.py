"""A large candidate is ready to be read when its round ends: by a real worker, before anybody has opened it."""

from __future__ import annotations

import http.client
import threading
from pathlib import Path

from conductor_world import ADA, World, writes

from podium.api.guard import cookie_name
from podium.api.seat import Seat
from podium.conductor.sources import Sources
from podium.conductor.ssh_signing import NoSigner
from podium.git.user_repository import UserRepository
from podium.landing.model import InReview
from podium.testing.script import Script
from podium.testing.waiting import eventually
from podium.web.review_room import room_of
from podium.web.server import Site

LARGE = "".join(f"def part{number}(value):\n    return value * {number} + 1\n\n\n" for number in range(1_500))


def test_the_first_opening_of_a_large_candidate_is_the_whole_page_in_its_order_and_in_colour(
    tmp_path: Path, environment: dict[str, str], marker: str
) -> None:
    script = Script(tasks=(writes("src/one.py", LARGE + "print(1)\n"),))
    world = World.build(tmp_path, environment, script, {"T1": ()})
    seat = Seat(
        desk=world.desk,
        project=world.project.id,
        sources=Sources(world.root, UserRepository.open(world.root, environment)),
        path=environment["PATH"],
        actor=lambda: ADA,
        signer=NoSigner,
        ensure_conductor=lambda: False,
    )
    site = Site(seat)
    server = threading.Thread(target=site.serve, daemon=True)
    server.start()
    try:
        world.order()
        world.start_worker()
        world.wait_for("T1", InReview)
        room = room_of(seat)
        change = room.reading(world.run_of("T1")).sheaf.changes[0]
        eventually(lambda: room.colours_of(change.new_blob, change.path) is not None, 60)
        looks = len(world.now.reviews.of("numbers", "T1").looks)
        page = _get(site, "/review/numbers/T1")
        assert looks == 0, "it was made before anybody looked"
        assert 'id="verdict-open"' in page, "else it is the page that is shown while the order is made"
        assert 'class="k"' in page, "in colour"
    finally:
        site.stop()
        server.join(30)
        world.close()
    assert not server.is_alive()


def _get(site: Site, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": f"{cookie_name(site.port)}={site.keys.secret()}"})
        return connection.getresponse().read().decode()
    finally:
        connection.close()
