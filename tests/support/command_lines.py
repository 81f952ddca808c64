"""Command lines as documents show them."""

from __future__ import annotations

import shlex

import click

from scraper.cli.main import commands


def understand(line: str) -> None:
    """Take *line*, which begins with `pressclip`, as the command line does; raises click.UsageError where it cannot."""
    command: click.Command = commands
    context = click.Context(commands, info_name="pressclip")
    _, *args = shlex.split(line, comments=True)
    while isinstance(command, click.Group):
        name, found, args = command.resolve_command(context, args)
        assert found is not None
        command = found
        context = click.Context(found, context, name)
    command.make_context(str(context.info_name), args, context.parent)
