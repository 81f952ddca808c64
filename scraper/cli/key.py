"""`pressclip key`: make the key with which crawls, archives and datasets are signed, and its directory."""

from __future__ import annotations

import json
from pathlib import Path

import click

from scraper.cli.terminal.completion import complete_files
from scraper.cli.terminal.options import FILE, read_key
from scraper.cli.terminal.output import print_text


@click.group()
def key() -> None:
    """Make keys that say whose crawl, archive or dataset something is, and the directory by which a site publishes
    them."""


@key.command()
@click.argument("file", type=FILE)
def new(file: Path) -> None:
    """Write a new ed25519 key to FILE, for its owner's eyes only, and print its id.

    The id is the thumbprint that signatures name (RFC 7638). A file that is there is not overwritten. The key has no
    passphrase: keep FILE where only the crawl can read it.
    """
    from archive import SigningKey

    made = SigningKey.new()
    made.write(file)
    print_text(made.public.keyid)


@key.command()
@click.argument("files", nargs=-1, required=True, type=FILE, shell_complete=complete_files)
@click.option("--out", type=FILE, metavar="FILE", help="Write the directory here, instead of to standard output.")
def directory(files: tuple[Path, ...], out: Path | None) -> None:
    """Print the key directory of FILES: what may be known of their keys, for the site that
    `pressclip crawl --sign-agent` names.

    The site serves it over https, without a redirect, at /.well-known/http-message-signatures-directory, with the media
    type application/http-message-signatures-directory+json. To change keys, publish the old and the new one together
    for a day.
    """
    from archive import key_directory, write_whole

    text = json.dumps(key_directory([read_key(file).public for file in files]), indent=2) + "\n"
    if out is None:
        print_text(text, newline=False)
    else:
        write_whole(out, text)
