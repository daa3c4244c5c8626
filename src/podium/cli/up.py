"""`podium up`: the web app."""

from __future__ import annotations

import click

from podium.cli.background import ensure_conductor
from podium.cli.context import Context
from podium.cli.group import Verb
from podium.cli.seat import make_seat
from podium.kernel.errors import PodiumError


@click.command(cls=Verb, examples=("podium up", "podium up --port 8080 --no-browser"))
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    metavar="PORT",
    help="The port; the default is that of last time.",
)
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@click.pass_obj
def command(context: Context, port: int | None, no_browser: bool) -> None:
    """Open the web app in your browser: what needs you, the board, review, and the rest.

    It listens on this machine only. The link that it prints lets one browser in, once. Ctrl-C ends it; agents and the
    conductor go on. A conductor is started if none is at work.
    """
    from podium.api.keys import Keys
    from podium.web.serving import served_port

    project = context.project.id
    running = served_port(context.home, project)
    if running is not None:
        ensure_conductor(context)
        _tell(
            context, f"http://127.0.0.1:{running}", Keys(context.home.web).new_key(), again=True, browser=not no_browser
        )
        return
    _serve(context, port, browser=not no_browser)


def _serve(context: Context, port: int | None, *, browser: bool) -> None:
    seat = make_seat(context)
    from podium.web.server import Site

    try:
        site = Site(seat, port or 0)
    except OSError as error:
        what = f"the port cannot be used: {error.strerror or error}"
        raise PodiumError(what, where=str(port or ""), do="Name another: --port N") from error
    ensure_conductor(context)
    _tell(context, site.url, site.keys.new_key(), again=False, browser=browser)
    try:
        site.serve()
    except KeyboardInterrupt:
        context.output.line()


def _tell(context: Context, url: str, key: str, *, again: bool, browser: bool) -> None:
    output, link = context.output, f"{url}/enter?key={key}"
    output.document({"url": link})
    output.line(f"Podium {'is already' if again else 'is'} at {output.paint(url, 'name')}")
    output.line(f"  This link lets your browser in, once: {link}")
    if not again:
        output.line("  Ctrl-C ends it; agents go on.")
    if browser and not output.json:
        click.launch(link)
