"""Complete what is typed in a shell: files, and the collections and hosts of the data root."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import monotonic

import click
from click.shell_completion import CompletionItem

MAX_HOSTS = 200
"""The most hosts that are offered: more than a screen shows."""
SECONDS = 0.5
"""How long hosts are looked for. One is found in 0.02 ms along the catalog's index; an old catalog has none."""


def complete_files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file or folder."""
    return [CompletionItem(incomplete, type="file")]


def complete_collections(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the collections of the data root."""
    from archive import ArchiveError, collections

    names: list[str] = []
    with suppress(ArchiveError, OSError):  # an error would stand in the line that is typed
        names = collections(_data(ctx))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_hosts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer the hosts of the articles in the data root, without www."""
    from archive import CATALOG, ArchiveError, Catalog

    end = monotonic() + SECONDS
    hosts: set[str] = set()
    with suppress(ArchiveError, OSError), Catalog(_data(ctx) / CATALOG) as catalog:
        for host in catalog.hosts():
            bare = host.removeprefix("www.")
            if bare.startswith(incomplete):
                hosts.add(bare)
            if len(hosts) >= MAX_HOSTS or monotonic() > end:
                break
    return [CompletionItem(host) for host in sorted(hosts)]


def _data(ctx: click.Context) -> Path:
    from scraper.cli.terminal.options import DATA

    return Path(ctx.params.get("data") or DATA)
