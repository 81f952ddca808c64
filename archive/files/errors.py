"""Define the errors of the archive. A message is one line: the file, what is wrong with it, and what to do."""

from __future__ import annotations

from pathlib import Path


class ArchiveError(Exception):
    """The archive cannot be read or written. The message is one line for the user."""


class PayloadError(ArchiveError):
    """A body cannot be decoded, or becomes larger than the limit."""

    def __init__(self, message: str, *, is_too_large: bool = False, is_cut: bool = False) -> None:
        super().__init__(message)
        self.is_too_large, self.is_cut = is_too_large, is_cut


class InstallationError(ArchiveError):
    """A package that pressclip needs is missing or another one has its name: no page is to blame."""


class CannotReadError(ArchiveError):
    """The system refuses to read a file or folder."""


class UnreadableError(ArchiveError):
    """Something would be stored that no reader of the archive takes; nothing was written."""


def cannot_write(path: Path, error: OSError) -> ArchiveError:
    """Return the error for a file or folder that the system refuses to write."""
    advice = "free space, check its permissions, or choose another folder"
    return ArchiveError(f"{path}: cannot be written ({error.strerror or error}): {advice}")


def cannot_read(path: Path, error: OSError) -> CannotReadError:
    """Return the error for a file that the system refuses to read."""
    return CannotReadError(f"{path}: cannot be read ({error.strerror or error}): check the path and its permissions")
