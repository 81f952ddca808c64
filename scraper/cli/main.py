"""`pressclip`: the group of commands, and how every error becomes one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

import click

from scraper.cli.terminal.output import say

USAGE, FAILED, INTERRUPTED = 2, 3, 130
COMMANDS = {
    "clean": "clean",
    "crawl": "crawl",
    "discover": "discover",
    "status": "status",
    "why": "why",
    "archive": "archive",
    "dataset": "dataset",
    "rules": "rules",
    "demo": "demo",
}
"""Each command and its module in this package: imported when it is asked for."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, none of which is imported for it."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"scraper.cli.{COMMANDS[cmd_name]}"), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run a command; a reader that has gone, as with `| head`, is no failure (click would exit with 1)."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _leave_output()
            return 0


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="pressclip", prog_name="pressclip")
def commands() -> None:
    """Crawl news sites, keep the pages as they came, and get each article's text with a reason for every line
    removed."""


def main() -> NoReturn:
    """Run the command line and exit.

    0 all well, 1 some inputs failed, 2 usage, 3 nothing extracted or all failed, 4 refused by policy, 130 interrupted.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # a lone surrogate, as in a file name that is not UTF-8, or a terminal without UTF-8 ends no run
        sys.stdout.reconfigure(errors="backslashreplace")
    for chatty in ("trafilatura", "htmldate", "chardet"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    try:
        code = commands.main(prog_name="pressclip", standalone_mode=False)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = USAGE
    except click.UsageError as error:
        say(f"{error.format_message()} See '{error.ctx.command_path if error.ctx else 'pressclip'} --help'.")
        code = USAGE
    except (KeyboardInterrupt, click.Abort):
        say("interrupted; what was finished is saved")
        code = INTERRUPTED
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error)
        _leave_output()
        code = USAGE if error.filename else FAILED
    except Exception as error:
        # the packages' own errors say what, where and how to mend it; of all others the traceback is wanted
        if not type(error).__module__.startswith(("cleaners.", "archive.", "scraper.")):
            raise
        say(error)
        code = USAGE
    sys.exit(code or 0)


def _leave_output() -> None:
    """Keep Python from flushing, at its end, to an output that takes nothing any more."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
