"""`pressclip`: the group of commands, and how every error becomes one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

import click

from cleaners.version import VERSION
from scraper.cli.archive import archive
from scraper.cli.clean import clean
from scraper.cli.crawl import crawl, status
from scraper.cli.demo import demo
from scraper.cli.rules import rules

USAGE, FAILED, REFUSED, INTERRUPTED = 2, 3, 4, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(VERSION, prog_name="pressclip")
def commands() -> None:
    """Crawl news sites, keep the pages as they came, and get each article's text with a reason for every line
    removed."""


for command in (clean, crawl, status, archive, rules, demo):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command line and exit.

    0 all well, 1 some inputs failed, 2 usage, 3 nothing extracted or all failed, 4 refused by policy, 130 interrupted.
    """
    for chatty in ("trafilatura", "htmldate", "bs4.dammit"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    try:
        code = commands.main(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = USAGE
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted; what was finished is saved")
        code = INTERRUPTED
    except BrokenPipeError:
        # the reader has gone, as with `| head`: Python must not try to flush to it again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if not _is_expected(error):
            raise
        _say(str(error))
        code = USAGE
    sys.exit(code or 0)


def _say(message: str) -> None:
    click.echo(f"pressclip: {message}", err=True)


def _is_expected(error: Exception) -> bool:
    """Tell whether an error is one that a user can mend: its message is a line that says how."""
    if isinstance(error, OSError) and error.filename:
        error.args = (f"{error.filename}: {error.strerror}",)
        return True
    module = type(error).__module__
    return isinstance(error, (ValueError, RuntimeError)) and module.startswith(("cleaners.", "archive.", "scraper."))
