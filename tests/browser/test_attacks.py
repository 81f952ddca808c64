"""In a browser: what strangers wrote is text on each page, and no other site's page reads or changes anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from playwright.sync_api import APIResponse, Page
from starlette.routing import Route

from scraper.web.server import create_app
from tests.browser.conftest import REBOUND, Visit, crawl, serving
from tests.support.loopback import Site, answer

SCRIPT = "<script>window.top.attacked = window.attacked = 1; new Image().src = '/attacked'</script>"
HOSTILE = f'"\'><img src=x onerror="window.attacked=1">{SCRIPT}</del></p>{{{{ 7*7 }}}}\u202e\x1b[31m'
WORDS = "The harbour office said on Monday that the ferry would sail again, after nine weeks in the dock. "
PLACES = ("../../../../etc/passwd", "/etc/passwd", "..%2f..%2fetc", "C:\\boot.ini", "\0", "file:///etc/passwd", HOSTILE)
"""Values of parameters that name a place, or are markup."""


def hostile_page() -> bytes:
    told = escape(HOSTILE.replace("\x1b", ""))
    return answer(
        f"""<!doctype html><html lang="en"><head><title>{told}</title><base href="http://evil.example/">
        <meta property="og:title" content="{told}"><meta name="author" content="{told}">
        <meta http-equiv="refresh" content="60; url=javascript:window.top.attacked=1"></head>
        <body onload="window.top.attacked=1"><article><h1>{told}</h1><p>{WORDS * 4}</p>{SCRIPT}
        <p>Advertisement</p><p>{told} {WORDS * 4}</p><p>Read more: <a href="javascript:attacked=1">{told}</a></p>
        <div class="share-bar">{told}</div><form action="http://evil.example/"><input name="token"></form>
        <svg onload="window.top.attacked=1"></svg><iframe srcdoc="{escape(SCRIPT)}"></iframe></article>""",
        "200 OK",
        f"X-Told: {HOSTILE.encode('ascii', 'ignore').decode()}",
    )


@pytest.fixture(scope="module")
def hostile_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with an article all of whose parts attack the page."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    with Site() as site:
        path = "/2026/11/29/" + quote("<script>top.attacked=1</script>", safe="")
        site.routes = {path: hostile_page()}
        crawl(site, data, HOSTILE[:70], path)
    return data


@pytest.fixture(scope="module")
def hostile_address(hostile_data: Path) -> Iterator[str]:
    with serving(hostile_data) as address:
        yield address


def is_attacked(page: Page) -> bool:
    return any(frame.evaluate("Boolean(window.attacked)") for frame in page.frames if "/page?" not in frame.url)


def test_nothing_that_a_stranger_wrote_runs_loads_or_is_markup(visit: Visit, hostile_address: str) -> None:
    page = visit(f"{hostile_address}/articles")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    article = page.locator(".rows a").first.get_attribute("href") or ""
    paths = ["/", "/crawl", "/articles", "/articles?" + urlencode({"q": "harbour"}), article]
    for start in ("/", "/urls?", article):
        page.goto(hostile_address + next(path for path in paths if path.startswith(start)))
        paths += [link.get_attribute("href") or "" for link in page.locator("main a").all()]
    assert [path for path in paths if path.startswith("/why?")]
    paths += [page.locator("iframe").get_attribute("src") or ""]
    for path in dict.fromkeys(path for path in paths if path.startswith("/")):
        got = page.goto(hostile_address + path)
        assert got
        assert got.ok, path
        page.wait_for_load_state("networkidle")
        assert not is_attacked(page), path
        assert not page.locator("main img, main script, main svg image").count(), path
        assert "49" not in page.title()


def test_an_archived_page_is_shown_in_a_frame_that_can_do_nothing(visit: Visit, hostile_address: str) -> None:
    page = visit(f"{hostile_address}/articles")
    page.locator(".rows a").first.click()
    page.locator("iframe").scroll_into_view_if_needed()
    frame = page.frame_locator("iframe")
    frame.get_by_text("after nine weeks in the dock").first.wait_for()
    assert page.locator("iframe").get_attribute("sandbox") == ""
    assert not frame.locator("script, form, input, iframe, svg, base, meta").count()
    assert not [link for link in frame.locator("a").all() if "javascript" in (link.get_attribute("href") or "")]
    assert not is_attacked(page)


def names_of(refused: APIResponse) -> list[str]:
    """Return the parameters that a page says it has, when asked for one that it has not."""
    found = re.search(r"no parameter of this page; it has ([\w, ]+)\.", refused.text())
    return found[1].split(", ") if found and found[1] != "none" else []


def test_no_parameter_names_a_place_or_becomes_markup(visit: Visit, hostile_data: Path, hostile_address: str) -> None:
    page = visit(f"{hostile_address}/articles")
    page.goto(hostile_address + (page.locator(".rows a").first.get_attribute("href") or "") + "&marks=1")
    token = page.locator("input[name=token]").first.get_attribute("value") or ""
    routes = [route for route in create_app(hostile_data, hosts=("x",)).routes if isinstance(route, Route)]
    before = files_of(hostile_data)
    tried: set[tuple[str, str]] = set()
    for route in routes:
        for method in sorted((route.methods or set()) - {"HEAD"}):

            def ask(asked: dict[str, str], method: str = method, path: str = route.path) -> APIResponse:
                address = hostile_address + path
                if method == "GET":
                    return page.request.get(f"{address}?{urlencode(asked)}")
                return page.request.post(address, form=asked | {"token": token}, headers={"Origin": hostile_address})

            for name in names_of(ask({"zz": "1"})):
                for value in PLACES:
                    got = ask({name: value})
                    assert got.status < 500, (route.path, name, value)
                    assert "root:" not in got.text()
                    assert "<img src=x" not in got.text()
                    tried.add((method, route.path))
    assert {("GET", "/articles"), ("GET", "/why"), ("POST", "/mark"), ("POST", "/review"), ("POST", "/teach")} <= tried
    assert files_of(hostile_data) == before


def files_of(data: Path) -> dict[Path, bytes]:
    """Return all of a data root that a person may change from the page."""
    return {path: path.read_bytes() for path in (data / "rules").rglob("*") if path.suffix in (".toml", ".jsonl")}


def test_a_page_of_another_site_changes_nothing_and_reads_nothing(
    visit: Visit, hostile_data: Path, hostile_address: str
) -> None:
    routes = [route for route in create_app(hostile_data, hosts=("x",)).routes if isinstance(route, Route)]
    posted = [route.path for route in routes if "POST" in (route.methods or ())] or ["/"]
    before = files_of(hostile_data)
    with Site() as site:
        site.routes = {"/": answer("<!doctype html><title>evil</title><p>evil")}
        page = visit(site.base, errors=True, elsewhere=True)
        for path in posted:
            for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data"):
                page.goto(site.base)
                with page.expect_navigation() as sent:
                    page.evaluate(
                        """([to, kind]) => {
                          const form = document.createElement("form");
                          Object.assign(form, { method: "post", enctype: kind, action: to });
                          const field = Object.assign(document.createElement("input"), { name: "token" });
                          field.value = "guess";
                          form.append(field);
                          document.body.append(form);
                          form.submit();
                        }""",
                        [hostile_address + path, kind],
                    )
                assert sent.value
                assert sent.value.status == 403
        page.goto(site.base)
        read = page.evaluate(
            """async (to) => {
              const seen = [];
              for (const options of [{}, { mode: "no-cors" }, { method: "POST", mode: "no-cors", body: "token=guess" }])
                try { seen.push(await (await fetch(to, options)).text()) } catch { seen.push("") }
              return seen;
            }""",
            hostile_address + "/articles",
        )
        assert set(read) == {""}
        framed = page.evaluate(
            """(to) => new Promise((done) => {
              const frame = document.createElement("iframe");
              frame.onload = () => { try { done(frame.contentDocument.body.innerText) } catch { done("") } };
              frame.src = to;
              document.body.append(frame);
            })""",
            hostile_address + "/articles",
        )
        assert framed == ""
    assert files_of(hostile_data) == before


def test_a_name_that_suddenly_means_this_machine_reads_nothing(visit: Visit, hostile_address: str) -> None:
    port = urlsplit(hostile_address).port
    page = visit(f"{hostile_address}/articles", errors=True, elsewhere=True)
    got = page.goto(f"http://{REBOUND}:{port}/articles")
    assert got
    assert got.status == 421
    assert "harbour" not in page.content()
