"""Draw lines at the bottom of a terminal while a command works, and never among what the command prints."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from threading import Event, RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

QUIET_SECONDS = 2.0
"""How long nothing is printed before lines are drawn. Shorter work needs no progress: a page takes 0.6 s, the demo's
crawl 4 s."""
REDRAW_SECONDS = 0.25


class Display:
    """Lines on standard error, if it is a terminal: they come when a command has worked and printed nothing for
    QUIET_SECONDS, and are gone before anything is printed on the terminal, and at the end. A context manager.
    """

    def __init__(self, draw: Callable[[], RenderableType]) -> None:
        """Call *draw* in a thread of the display for what rich draws."""
        self._draw = draw
        self._lock = RLock()
        self._ended = Event()
        self._thread: Thread | None = None
        self._streams: dict[str, TextIO] = {}
        self._quiet_since, self._is_line_start = monotonic(), True
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if sys.stderr and sys.stderr.isatty():
            for name in ("stdout", "stderr"):
                stream = getattr(sys, name)
                if stream and stream.isatty():
                    self._streams[name] = stream
                    setattr(sys, name, cast("TextIO", _Above(stream, self)))
            self._thread = Thread(target=self._run, args=(self._streams["stderr"],), daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()
        self._take_away()
        for name, stream in self._streams.items():
            setattr(sys, name, stream)

    def write_above(self, stream: TextIO, text: str) -> int:
        """Write on a stream of the terminal; the lines are taken away first."""
        with self._lock:
            self._take_away()
            written = stream.write(text)
            self._quiet_since = monotonic()
            self._is_line_start = text.endswith("\n") if text else self._is_line_start
            return written

    def _run(self, stream: TextIO) -> None:
        console = None
        while not self._ended.wait(REDRAW_SECONDS):
            if not self._may_draw():
                continue
            if console is None:
                # importing rich takes 0.1 s, and most commands end before there is anything to draw
                from rich.console import Console

                console = Console(file=stream)
                if console.is_dumb_terminal:
                    return
            drawn = self._draw()
            with self._lock:
                # something may have been printed meanwhile
                if self._may_draw() and not self._ended.is_set():
                    self._show(drawn, console)

    def _may_draw(self) -> bool:
        return self._is_line_start and monotonic() - self._quiet_since >= QUIET_SECONDS

    def _show(self, drawn: RenderableType, console: Console) -> None:
        from rich.live import Live

        try:
            if self._live is None:
                self._live = Live(
                    console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
                )
                self._live.start()
            self._live.update(drawn, refresh=True)
        except OSError:
            self._ended.set()  # the terminal is gone; the work goes on

    def _take_away(self) -> None:
        with self._lock:
            live, self._live = self._live, None
            if live:
                live.stop()


class _Above:
    """A stream of the terminal on which a display draws."""

    def __init__(self, stream: TextIO, display: Display) -> None:
        self._stream, self._display = stream, display

    def write(self, text: str) -> int:
        """Write above the display."""
        return self._display.write_above(self._stream, text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write above the display."""
        self.write("".join(lines))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)
