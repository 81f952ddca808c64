"""Put the manual page into the packages that are built, if `make man` has made it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "build/man/pressclip.1"


class ManualPage(BuildHookInterface):  # type: ignore[type-arg]
    """The hook that hatchling calls before it builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the page's place in a wheel, from where an installer puts it among the manual pages, or in an sdist."""
        page = Path(self.root) / PAGE
        if not page.is_file():
            return
        if self.target_name == "wheel":
            build_data["shared_data"][str(page)] = "share/man/man1/pressclip.1"
        else:
            build_data["force_include"][str(page)] = PAGE
