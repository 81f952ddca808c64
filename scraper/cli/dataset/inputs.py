"""Provide what the dataset commands share: the library, arguments and options, and the rules for a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from archive import how_to_install
from scraper.cli.terminal.completion import complete_files
from scraper.cli.terminal.options import FOLDER

folder_argument = click.argument("folder", type=FOLDER, metavar="DIR")


def dataset_module() -> Any:  # noqa: ANN401 - a module
    """Import the dataset library. Where a package is missing, the error names the extra that has it."""
    try:
        import archive.dataset
    except ImportError as error:
        raise click.UsageError(f"{error}: datasets need their extra: {how_to_install('datasets')}.") from error
    return archive.dataset


if TYPE_CHECKING:
    _PathOrText = click.ParamType[Path | str]
else:
    _PathOrText = click.ParamType  # before 8.4 it has no brackets


class Place(_PathOrText):
    """A path, or a URL that fsspec can read, which stays text."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return a Path, or a URL unchanged."""
        return value if "://" in str(value) else Path(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Let the shell complete the name of a file or folder."""
        return complete_files(ctx, param, incomplete)


def rule_files(inputs: Iterable[Path | str], data: Path, given: Sequence[Path], version: str = "") -> tuple[str, ...]:
    """Return the rule files for a dataset: those accepted where its inputs lie and in *data*, and the *given* ones.

    *version* is the rules version of an existing dataset: then files that give this version are returned, if necessary
    without those of *data* or of the inputs, which may have been accepted or undone since. If none do, all files are
    returned.
    """
    from archive.site_rules import accepted_rules_of
    from cleaners import CleanOptions, load_in_force

    paths = [path for path in inputs if isinstance(path, Path)]
    choices = [
        (*map(str, accepted_rules_of(places, *roots)), *map(str, given))
        for places in (paths, [])
        for roots in ([data], [])
    ]
    if not version:
        return choices[0]
    try:
        options = CleanOptions.of_version(version)
    except ValueError:
        # whoever reads the rest of the dataset says so
        return choices[0]
    return next((choice for choice in choices if load_in_force(None, choice, options).version == version), choices[0])
