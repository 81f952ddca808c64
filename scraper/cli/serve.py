"""`pressclip serve`: show a data root as pages in a browser on this machine."""

from __future__ import annotations

import ipaddress
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from archive import how_to_install
from scraper.cli.terminal.options import data_option, frontier_option, require_data
from scraper.cli.terminal.output import print_text, say

LOOPBACK = "127.0.0.1"
PORT = 8470


def _read_address(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Return an address of one machine, in the form in which browsers name it."""
    try:
        address = ipaddress.ip_address(LOOPBACK if value == "localhost" else value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no IP address.", ctx, param) from None
    if address.is_unspecified:
        raise click.BadParameter(f"{value} is every address: name the one at which the page is to be opened.")
    return str(address)


@click.command()
@data_option
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes a free one.")
@click.option(
    "--host",
    metavar="ADDRESS",
    default=LOOPBACK,
    show_default=True,
    callback=_read_address,
    shell_complete=lambda *_: ["127.0.0.1", "::1"],
    help="The address of this machine to serve at; another one opens the data root to all who reach it.",
)
@frontier_option
def serve(data: Path, port: int, host: str, frontier: str | None) -> None:
    """Show the data root in a browser: sites, articles, and what was removed from each.

    Serves pages on this machine until Ctrl-C. Nothing is fetched or sent anywhere. Rules are accepted and lines are
    judged from these pages alone, and not at an address that other machines reach.
    """
    require_data(data)
    require_server()
    show_pages(data, port, host, frontier)


def require_server() -> None:
    """Exit with how to install the extra that serves the pages, where it is missing."""
    try:
        import scraper.web.server  # noqa: F401
    except ImportError as error:
        raise click.UsageError(f"{error}: serve needs its extra: {how_to_install('web')}.") from error


def show_pages(data: Path, port: int, host: str = LOOPBACK, frontier: str | None = None) -> NoReturn:
    """Serve the pages over *data* until Ctrl-C, and exit."""
    from scraper.web.guard import allowed_hosts
    from scraper.web.server import create_app, listen, run

    try:
        listening = listen(host, port)
    except OSError as error:
        raise click.UsageError(
            f"{host}, port {port}: {os.strerror(error.errno or 0)}; choose another --port or --host."
        ) from error
    hosts = allowed_hosts(host, listening.getsockname()[1])
    is_ours = ipaddress.ip_address(host).is_loopback
    if not is_ours:
        say(
            f"--host {host}: everybody who reaches this address can read the whole data root; there is no password. "
            "Nothing can be changed from there."
        )
    print_text(f"http://{hosts[0]}/")
    say("serving until Ctrl-C")
    with suppress(KeyboardInterrupt):
        token = secrets.token_urlsafe(32) if is_ours else ""
        run(create_app(data, hosts=hosts, token=token, frontier=frontier), listening)
    raise SystemExit(0)
