"""Write the sources of the documentation's site: the pages as they lie in the checkout, and a page made from `--help`.

python .ci/site.py FOLDER
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from scraper.cli.main import commands

ROOT = Path(__file__).parent.parent
PAGES = (
    "*.md",
    "docs/**/*.md",
    "docs/*.json",
    "docs/pictures/*",
    "docs/examples/*",
    "seeds/*",
    "benchmarks/*.md",
    "benchmarks/results/*",
)
"""The files that pages link to; the folders stay as they are, so that each link leads to the same file."""
REFERENCE = "docs/reference.md"


def main(folder: Path) -> None:
    """Write all sources into an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for pattern in PAGES:
        for path in filter(Path.is_file, ROOT.glob(pattern)):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    (folder / REFERENCE).write_text(reference(), "utf-8")


def reference() -> str:
    """Return the page of all commands: what each prints for `--help`."""
    head = "# Commands: reference\n\nMade from `--help`. What the commands are for: [commands.md](commands.md).\n"
    return "\n".join([head, *_sections(commands, click.Context(commands, info_name="pressclip", **_WIDE))])


_WIDE = {"terminal_width": 120, "max_content_width": 120}


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _sections(child, child.make_context(name, [], context, resilient_parsing=True, **_WIDE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
