"""Check the files that a command will write before it begins its work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

force_option = click.option("--force", is_flag=True, help="Overwrite an existing file.")


def check_output(out: Path, option: str, *, force: bool = False) -> None:
    """Try that an output file can be written; nothing is made yet.

    Raises click.UsageError where that is refused, and where the file exists and *force* is not given.
    """
    if out.exists() and not force:
        raise click.UsageError(f"{option} {out}: exists; give another name, or --force to overwrite it.")
    check_place(out, option)


def check_place(out: Path, option: str) -> None:
    """Try that an output file, which may be replaced, can be written; nothing is made yet.

    Raises click.UsageError where that is refused.
    """
    if out.is_dir():
        raise click.UsageError(f"{option} {out}: is a folder; give the name of a file.")
    if out.exists() and not out.is_file():
        raise click.UsageError(f"{option} {out}: is a device, which a file must not replace; give another name.")
    _try_writing(out.parent, out, option)


def check_folder(folder: Path, option: str) -> None:
    """Try that an output folder can be made, and files written there; nothing is made yet.

    Raises click.UsageError where that is refused.
    """
    _try_writing(folder, folder, option)


def check_log(log: Path, option: str) -> None:
    """Make a log, to which lines are appended, and its folder.

    Raises click.UsageError where that is refused.
    """
    from archive import make_folder

    with _refusals(log, option):
        make_folder(log.parent)
        log.open("ab").close()


def _try_writing(folder: Path, out: Path, option: str) -> None:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    # imported here: most runs write no file
    import tempfile

    # it has no name, or is gone when it is closed: nothing is left
    with _refusals(out, option), tempfile.TemporaryFile(dir=there):
        pass


@contextmanager
def _refusals(out: Path, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        told = f"cannot be written ({error.strerror or error})"
        raise click.UsageError(f"{option} {out}: {told}; check its permissions, or give another name.") from error
