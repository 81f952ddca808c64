"""`pressclip`: run a command, and turn every error into one line and an exit code."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from traceback import format_exception
from types import TracebackType
from typing import Any, NoReturn

import click

from scraper.cli.manual import document
from scraper.cli.terminal.output import Work, say
from scraper.errors import is_ours
from scraper.printable import make_printable, printable

SUPPORTED = ("linux", "darwin", "freebsd")
"""The beginnings of `sys.platform` where locks, alarms and limits of processes are those that this code needs."""
USAGE, FAILED, INTERRUPTED = 2, 3, 130
COMMANDS = (
    "archive", "clean", "config", "crawl", "dataset", "demo", "discover", "docs", "key", "rules", "serve", "status",
    "why",
)  # fmt: skip
"""The names of the commands and of their modules in this package, which are imported only when they are used."""
PACKAGES = ("archive", "cleaners", "scraper")
"""The packages whose warnings a user sees where no log is set up."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands without importing them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"scraper.cli.{cmd_name}"), cmd_name)
        return document(command, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Run a command. A reader that stops early, as in `| head`, is no failure, though click would exit with 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _leave_output()
            return 0


_VERSION_HELP = "Show the version and exit."


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    """Print the version, and whether the cleaner is compiled."""
    if not asked:
        return
    # imported here: --help needs neither
    from importlib.metadata import version

    from cleaners import compiled_modules

    click.echo(f"pressclip, version {version('pressclip')} ({'compiled' if compiled_modules() else 'plain Python'})")
    ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help=_VERSION_HELP)
@click.pass_context
def commands(ctx: click.Context) -> None:
    """Crawl news sites, keep the pages as they came, and extract each article's text with a reason for every line
    removed."""
    # imported here: --version and --help read no file
    from scraper.cli.terminal.settings import hold

    hold(ctx)


document(commands)


def main() -> NoReturn:
    """Run the command line and exit.

    Exit codes: 0 success, 1 some inputs failed, 2 wrong usage, 3 nothing extracted or all inputs failed, 4 refused by
    robots.txt or as a private address, 130 interrupted.
    """
    if not sys.platform.startswith(SUPPORTED):
        say(f"{sys.platform} is not supported: pressclip runs on Linux and macOS; on Windows use it inside WSL.")
        sys.exit(USAGE)
    if isinstance(sys.stdout, TextIOWrapper):
        # a file name that is not UTF-8, or a terminal without UTF-8, must not end a run
        sys.stdout.reconfigure(errors="backslashreplace")
    # what is logged where nobody has set up logging, and the tracebacks of bugs, may have names and texts of strangers
    make_printable(logging.lastResort)
    # libraries warn of what a page is like, which flags and statuses say; what we say ourselves is for the user
    if logging.lastResort is not None:
        logging.lastResort.addFilter(lambda record: record.name.partition(".")[0] in PACKAGES)
    sys.excepthook = _show_bug
    for name in ("trafilatura", "htmldate", "chardet"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    work = Work()
    try:
        code = commands.main(prog_name="pressclip", standalone_mode=False, obj=work)
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = USAGE
    except click.UsageError as error:
        say(f"{error.format_message()} See '{error.ctx.command_path if error.ctx else 'pressclip'} --help'.")
        code = USAGE
    except (KeyboardInterrupt, click.Abort):
        say("interrupted; finished work is saved" if work.is_saved else "interrupted")
        code = INTERRUPTED
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error)
        _leave_output()
        code = USAGE if error.filename else FAILED
    except Exception as error:
        # our own errors say what is wrong, where, and how to fix it; any other error is a bug and shows its traceback
        if not is_ours(error):
            raise
        say(error)
        code = USAGE
    sys.exit(code or 0)


def _show_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write the traceback of an error that no command expects."""
    if sys.stderr:
        sys.stderr.write(printable("".join(format_exception(kind, error, trace))))


def _leave_output() -> None:
    """Redirect standard output to nowhere, so that Python does not fail when it flushes a closed or full output."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
