"""Write the manual page of pressclip, with all its commands, from what they print for `--help`.

python .ci/man.py FILE
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from cleaners import VERSION
from scraper.cli.main import commands

PREFORMATTED = "\b"
"""What begins a paragraph whose lines click leaves as they are."""


def manual() -> str:
    """Return the page in the language of man(7)."""
    context = click.Context(commands, info_name="pressclip")
    lines = [f'.TH PRESSCLIP 1 "" "pressclip {VERSION}" "User Commands"', ".SH NAME"]
    lines += [f"pressclip \\- {_escape(commands.get_short_help_str(200))}", ".SH SYNOPSIS"]
    lines += _synopsis(context)
    lines += [".SH DESCRIPTION", *_described(commands, context), ".SH COMMANDS", *_below(commands, context)]
    return "\n".join(lines) + "\n"


def _below(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        own = command.make_context(name, [], context, resilient_parsing=True)
        yield f'.SS "{_escape(own.command_path)}"'
        if isinstance(command, click.Group):
            yield from _paragraphs(cleandoc(command.help or ""))
            yield from _below(command, own)
        else:
            yield from _synopsis(own)
            yield from _described(command, own)


def _synopsis(context: click.Context) -> Iterator[str]:
    pieces = " ".join(context.command.collect_usage_pieces(context))
    yield f"\\fB{_escape(context.command_path)}\\fR {_escape(pieces)}"


def _described(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from _paragraphs(cleandoc(command.help or ""))
    for option in command.get_params(context):
        if record := option.get_help_record(context):
            yield f".TP\n\\fB{_escape(record[0])}\\fR\n{_escape(' '.join(record[1].split()) or '-')}"
    yield from _paragraphs(command.epilog or "")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        lines = [line for line in paragraph.strip("\n").split("\n") if line != PREFORMATTED]
        if not any(lines):
            continue
        yield ".PP"
        if PREFORMATTED in paragraph:
            yield ".nf\n" + "\n".join(map(_escape, lines)) + "\n.fi"
        else:
            yield "\n".join(_escape(line) for line in lines if line.strip())


def _escape(text: str) -> str:
    """Return a line that man prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(manual(), "utf-8")
