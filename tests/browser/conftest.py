"""A browser, the demo's data root and the running page for the tests of this folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.loopback import Site, answer
from tests.support.shell import begin, press

NAMES = ("chromium", "chromium-browser", "google-chrome")
REBOUND = "rebound.example"
"""A name that means this machine to the browser."""
OPTIONS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
    "--no-first-run",
    "--no-sandbox",
)
"""A browser that asks no host of its maker, and that root may start."""
PATIENCE = 60_000
"""Milliseconds until a step has failed: on two shared cores a page may take seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)


def browser_path() -> str:
    """Return the path of an installed browser; skips where there is none."""
    named = os.environ.get("PRESSCLIP_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        pytest.skip("no browser: install the package chromium, or name one in PRESSCLIP_CHROMIUM")
    return path


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser without a window; skips where none is installed.

    Not for the session: its event loop runs until it is closed, and tests of other folders run their own.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser_path(), args=OPTIONS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data root of a demo, which no test changes."""
    data = tmp_path_factory.mktemp("demo") / "data"
    assert press("demo", "--data", data, cwd=data.parent).code == 0
    return data


def crawl(site: Site, data: Path, name: str, *paths: str) -> None:
    """Crawl the pages of a site on loopback at these paths into a data root, under the site's name."""
    links = "".join(f'<p><a href="{path}">The story at {escape(path)}</a></p>' for path in paths)
    site.routes["/section"] = answer(links)
    seed = {"name": name, "home": site.base, "sections": [f"{site.base}/section"]}
    lines = ["[[site]]", *(f"{key} = {json.dumps(value)}" for key, value in seed.items())]
    file = data.with_suffix(".toml")
    file.write_text("\n".join(lines), encoding="utf-8")
    done = press("crawl", file, "--data", data, "--delay", "0", "--allow-private", cwd=data.parent)
    assert done.code == 0, done.err


@contextmanager
def serving(data: Path, *options: str) -> Iterator[str]:
    """Serve a data root by the command, and yield its address without the last slash."""
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with begin("serve", "--data", data, "--port", "0", *options, cwd=data.parent, **piped) as process:
        assert process.stdout
        address = process.stdout.readline().strip().rstrip("/")
        try:
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=20)
        assert "Traceback" not in told, told


@pytest.fixture(scope="session")
def demo_page(demo_data: Path) -> Iterator[str]:
    """The address of the demo's pages."""
    with serving(demo_data) as address:
        yield address


Visit = Callable[..., Page]


def is_up(error: str) -> bool:
    """Tell whether an error is one of a server that still runs: a test's server may end before its pages."""
    return "ERR_CONNECTION_REFUSED" not in error


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A function that opens an address in a context of its own; its options are those of a context.

    Fails at the end where a page asked another server than that of its address, logged an error, or broke its policy.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def opened(url: str, *, errors: bool = False, elsewhere: bool = False, **options: object) -> Page:
        origin = "/".join(url.split("/")[:3]) + "/"
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        if not elsewhere:
            context.on("request", lambda sent: wrong.append(sent.url) if not sent.url.startswith(origin) else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        if not errors:
            page.on(
                "console", lambda said: wrong.append(said.text) if said.type == "error" and is_up(said.text) else None
            )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not wrong


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong on a page, for people who hear it or use keys, each with an example."""
    # the frame of an archived page runs no script, so axe cannot look into it
    found = [one for one in Axe().run(page).response["violations"] if one["id"] != "frame-tested"]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]
