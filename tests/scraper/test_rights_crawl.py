"""A crawl keeps what sites say about the use of their pages, and the archive can be read again for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive import Catalog, OptOuts, read_warc
from scraper.fetch.robots_file import MAX_STATEMENTS, read_robots, statements_of
from scraper.seeds import Seed
from tests.archive.test_ingest import plain
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer, page
from tests.support.shell import press

RSL = """<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>
<permits type="usage">search</permits><prohibits type="usage">ai-train</prohibits></license></content></rsl>"""


def robots(text: str) -> bytes:
    return answer(text, kind="text/plain")


def said_of(data: Path, url: str) -> OptOuts:
    """Return what the catalog has of the newest capture of a URL."""
    with Catalog(data / "catalog.sqlite") as catalog:
        found = OptOuts.parse(catalog.captures(url)[0].opt_outs)
    assert found is not None
    return found


def in_files(data: Path) -> dict[str, OptOuts | None]:
    """Return what the WARC records hold, by path."""
    (file,) = (data / "collections/news/archive").glob("*.warc.gz")
    return {capture.url.rpartition("/")[2]: capture.opt_outs for capture in read_warc(file)}


@pytest.mark.parametrize(
    ("text", "path", "signal", "usage"),
    [
        ("User-agent: *\nContent-Signal: ai-train=no\nDisallow: /x", "/a", ("ai-train=no",), ()),
        ("user-AGENT:*\nCONTENT-SIGNAL : search=yes # words", "/a", ("search=yes",), ()),
        ("User-agent: other\nContent-Signal: ai-train=no\n\nUser-agent: *\nDisallow: /x", "/a", (), ()),
        ("User-agent: pressclip\nAllow: /\n\nUser-agent: *\nContent-Signal: ai-train=no", "/a", (), ()),
        ("Content-Signal: ai-train=no\nUser-agent: other\nDisallow: /", "/a", ("ai-train=no",), ()),
        ("User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: /o train-ai=y", "/ok/1", (), ("/o train-ai=y",)),
        ("User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: /o train-ai=y", "/a", (), ("/ train-ai=n",)),
        ("User-agent: *\nContent-Usage: / train-ai=n\nContent-Usage: / train-ai=y", "/a", (),
         ("/ train-ai=n", "/ train-ai=y")),
        ("User-agent: *\nContent-Usage: train-ai=n\nContent-Usage:\nContent-Usage", "/a", (), ("train-ai=n",)),
        ("User-agent: a\nContent-Usage: / x=n\nUser-agent: *\nContent-Usage: / y=n", "/a", (), ("/ y=n",)),
    ],
)  # fmt: skip
def test_the_lines_of_the_group_that_counts_for_a_page_are_read(
    text: str, path: str, signal: tuple[str, ...], usage: tuple[str, ...]
) -> None:
    found = statements_of(text.encode()).about(f"https://a.example{path}")
    assert (found.content_signal, found.content_usage) == (signal, usage)


def test_a_licence_line_is_of_the_whole_file() -> None:
    text = b"User-agent: other\nLicense: https://a.example/l.xml\nlicense:/m.xml\nLicense:"
    assert read_robots(text).about("https://a.example/1").rsl == ("robots: https://a.example/l.xml", "robots: /m.xml")


def test_of_endless_statements_a_hundred_are_read() -> None:
    text = b"User-agent: *\n" + b"".join(b"Content-Usage: /%d x=n\n" % number for number in range(10_000))
    assert len(statements_of(text).content_usage) == MAX_STATEMENTS


@pytest.mark.slow
def test_each_signal_is_recorded_with_its_place_and_time(site: Site, tmp_path: Path) -> None:
    site.routes = {
        "/robots.txt": robots(
            "User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nContent-signal: search=yes, ai-train=no\n"
            f"Content-Usage: /free train-ai=y\nLicense: {site.base}/license.xml\n"
        ),
        "/.well-known/tdmrep.json": answer('[{"location": "/", "tdm-reservation": 1}]', kind="application/json"),
        "/license.xml": answer(RSL, kind="application/rsl+xml"),
        "/free": answer(
            '<html><head><meta name="robots" content="noarchive"></head><body><p>One.</p>'
            '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC</a></body></html>',
            "200 OK",
            "Content-Usage: ai-use=n, new-word=n",
            'Link: </terms>; rel="license"',
        ),
        "/2": page("Two."),
    }
    crawl(Seed("Gazette", urls=(site.base + "/free", site.base + "/2")), data=tmp_path, tdmrep=True)
    assert sorted(site.asked) == ["/.well-known/tdmrep.json", "/2", "/free", "/license.xml", "/robots.txt"]
    found, other = said_of(tmp_path, site.base + "/free"), said_of(tmp_path, site.base + "/2")
    assert found.content_signal == ("robots: search=yes, ai-train=no",)
    assert found.content_usage == ("robots: /free train-ai=y", "header: ai-use=n, new-word=n")
    assert found.licences == ("header: /terms", "a: https://creativecommons.org/licenses/by/4.0/")
    assert found.rsl == (f"robots: {site.base}/license.xml",)
    assert found.terms == (f"{site.base}/license.xml permits usage: search; prohibits usage: ai-train",)
    assert (found.robots, found.tdm, found.meta) == (("GPTBot",), ("file: 1",), ("noarchive",))
    assert [name for name, _ in found.seen] == ["robots.txt", "tdmrep.json", f"{site.base}/license.xml"]
    uses = found.uses()
    assert (uses.ai_train, uses.ai_input, uses.search) == ("refused", "refused", "allowed")
    assert uses.contradictory == ("ai_train",)
    assert other.content_usage == ()
    assert in_files(tmp_path)["free"] == found
    told = press("why", site.base + "/free", "--data", tmp_path, cwd=tmp_path).out
    assert "use        ai_train refused, ai_input refused, search allowed, ai_train also allowed elsewhere" in told
    assert "content-signal: robots: search=yes, ai-train=no (seen 2" in told
    fetched = json.loads(press("why", site.base + "/free", "--data", tmp_path, "--json", cwd=tmp_path).out)["fetches"]
    assert fetched[0]["opt_outs"]["uses"] == {"ai_train": "refused", "ai_input": "refused", "search": "allowed"}


@pytest.mark.slow
def test_a_licence_that_a_page_names_is_read_once_behind_it(site: Site, tmp_path: Path) -> None:
    link = '<link rel="license" type="application/rsl+xml" href="/license.xml">'
    html = f"<html><head>{link}</head><body><p>One.</p></body></html>"
    site.routes = {"/license.xml": answer(RSL, kind="application/rsl+xml"), "/1": answer(html), "/2": answer(html)}
    crawl(Seed("Gazette", urls=(site.base + "/1", site.base + "/2")), data=tmp_path)
    assert site.asked.count("/license.xml") == 1
    for path in ("/1", "/2"):
        assert said_of(tmp_path, site.base + path).uses().ai_train == "refused"
    assert {found.terms for name, found in in_files(tmp_path).items() if name in "12" and found} == {()}


@pytest.mark.slow
def test_a_licence_that_a_feed_names_is_that_of_its_articles(site: Site, tmp_path: Path) -> None:
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>G</title><link rel="license" type="application/rsl+xml" '
        f'href="/license.xml"/><entry><title>One</title><link href="{site.base}/2026/11/30/one"/></entry></feed>'
    )
    site.routes = {
        "/feed": answer(feed, kind="application/atom+xml"),
        "/license.xml": answer(RSL, kind="application/rsl+xml"),
        "/2026/11/30/one": page("One."),
    }
    crawl(Seed("Gazette", feeds=(site.base + "/feed",)), data=tmp_path)
    found = said_of(tmp_path, site.base + "/2026/11/30/one")
    assert (found.rsl, found.uses().ai_train) == ((f"feed: {site.base}/license.xml",), "refused")


@pytest.mark.slow
def test_licences_that_stand_in_a_feed_are_those_of_its_items(site: Site, tmp_path: Path) -> None:
    one, two = f"{site.base}/2026/11/30/one", f"{site.base}/2026/11/30/two"
    licence = "<rsl:license><rsl:{} type='usage'>ai-train</rsl:{}></rsl:license>"
    feed = (
        f"<rss version='2.0' xmlns:rsl='https://rslstandard.org/rsl'><channel><rsl:content url='/'>"
        f"{licence.format('permits', 'permits')}</rsl:content><item><title>One</title><link>{one}</link><rsl:content>"
        f"{licence.format('prohibits', 'prohibits')}</rsl:content></item><item><title>Two</title><link>{two}</link>"
        "</item></channel></rss>"
    )
    site.routes = {"/feed": answer(feed, kind="application/rss+xml"), one.removeprefix(site.base): page("One.")}
    site.routes[two.removeprefix(site.base)] = page("Two.")
    crawl(Seed("Gazette", feeds=(site.base + "/feed",)), data=tmp_path)
    assert site.asked.count("/feed") == 1
    assert [said_of(tmp_path, url).uses().ai_train for url in (one, two)] == ["refused", "allowed"]
    told = press("archive", "rights", "--reread", "--json", "--data", tmp_path, cwd=tmp_path)
    assert json.loads(told.out)["reread"]["changed"] == 0
    assert [said_of(tmp_path, url).uses().ai_train for url in (one, two)] == ["refused", "allowed"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "broken",
    [answer("not xml"), answer("gone", "404 Not Found"), answer("<rsl>" * 300_000), b"HTTP/1.1 x\r\n\r\n", b""],
)
def test_a_broken_licence_file_stops_no_page_and_says_nothing(site: Site, tmp_path: Path, broken: bytes) -> None:
    text = f"License: {site.base}/license.xml\nLicense: {site.base}/private.xml\nUser-agent: *\nDisallow: /private.xml"
    site.routes = {"/robots.txt": robots(text), "/license.xml": broken, "/1": page("One.")}
    site.cut.add("/license.xml")
    _, (event,) = crawl(Seed("Gazette", urls=(site.base + "/1",)), data=tmp_path)
    found = said_of(tmp_path, site.base + "/1")
    assert (event.status, list(found.uses().answers()), found.terms) == ("fetched", [], ())
    assert len(found.rsl) == 2
    assert "/private.xml" not in site.asked


@pytest.fixture
def old_archive(site: Site, tmp_path: Path) -> Path:
    """An archive as an older version left it: with the records, and nothing of the new signals in the catalog."""
    site.routes = {
        "/robots.txt": robots(f"User-agent: *\nContent-Usage: /closed train-ai=n\nLicense: {site.base}/license.xml"),
        "/license.xml": answer(RSL.replace("ai-train", "ai-input"), kind="application/rsl+xml"),
        "/closed": page("The harbour of Osk is closed today, and nobody knows for how long it will be."),
        "/open": page("The library of Osk is open again, and everybody may take three books home."),
    }
    crawl(Seed("Gazette", urls=(site.base + "/closed", site.base + "/open")), data=tmp_path / "data")
    with Catalog(tmp_path / "data/catalog.sqlite", create=True) as catalog:
        rows = catalog.capture_rows("SELECT * FROM capture WHERE opt_outs IS NOT NULL")
        catalog.set_opt_outs({row.record_id: OptOuts(robots=()) for row in rows})
    return tmp_path / "data"


@pytest.mark.slow
def test_the_archive_is_read_again_without_a_request(site: Site, old_archive: Path, tmp_path: Path) -> None:
    asked = list(site.asked)
    assert said_of(old_archive, site.base + "/closed").uses().ai_train is None
    told = press("archive", "rights", "--reread", "--data", old_archive, cwd=tmp_path)
    assert (told.code, "2 pages read again, of 2 something else is known now" in told.err) == (0, True)
    closed, opened = (said_of(old_archive, site.base + path) for path in ("/closed", "/open"))
    assert (closed.uses().ai_train, closed.uses().ai_input) == ("refused", "refused")
    assert (opened.uses().ai_train, opened.uses().ai_input) == (None, "refused")
    assert [name for name, _ in closed.seen] == ["robots.txt", f"{site.base}/license.xml"]
    again = json.loads(press("archive", "rights", "--reread", "--json", "--data", old_archive, cwd=tmp_path).out)
    assert again["reread"] == {"pages": 2, "changed": 0, "gained": {}, "lost": {}, "problems": []}
    assert again["uses"]["ai_train"] == {"refused": 1}
    assert site.asked == asked
    verified = press("archive", "verify", "--full", "--data", old_archive, cwd=tmp_path)
    assert verified.code == 0, verified.out


@pytest.mark.slow
def test_a_dataset_that_refuses_training_leaves_no_such_row(site: Site, old_archive: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    press("archive", "rights", "--reread", "--data", old_archive, cwd=tmp_path)
    condition = "ai_train IS DISTINCT FROM 'refused'"
    built = press(
        "dataset", "build", old_archive, "--out", "set", "--format", "jsonl", "--where", condition, cwd=tmp_path
    )
    assert built.code == 0, built.err
    (file,) = (tmp_path / "set/data").glob("*.jsonl")
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(row["url"], row["ai_input"]) for row in rows] == [(site.base + "/open", "refused")]
    assert "| ai_input | refused | 1 |" in (tmp_path / "set/README.md").read_text("utf-8")


@pytest.mark.slow
def test_what_was_in_force_when_a_page_was_fetched_counts(site: Site, tmp_path: Path) -> None:
    site.routes = {
        "/robots.txt": robots("User-agent: *\nContent-Signal: ai-train=yes"),
        "/1": page("One."),
        "/2": page("Two."),
    }
    crawl(Seed("Gazette", urls=(site.base + "/1",)), data=tmp_path)
    site.routes["/robots.txt"] = robots("User-agent: *\nContent-Signal: ai-train=no")
    crawl(Seed("Gazette", urls=(site.base + "/2",)), data=tmp_path)
    press("archive", "rights", "--reread", "--data", tmp_path, cwd=tmp_path)
    assert said_of(tmp_path, site.base + "/1").uses().ai_train == "allowed"
    assert said_of(tmp_path, site.base + "/2").uses().ai_train == "refused"


@pytest.mark.slow
def test_reading_again_right_after_a_crawl_changes_nothing(site: Site, tmp_path: Path) -> None:
    text = f"User-agent: *\nContent-Usage: / train-ai=n\nLicense: {site.base}/license.xml"
    site.routes = {"/robots.txt": robots(text), "/1": page("One."), "/2": page("Two.")}
    site.routes["/license.xml"] = answer(RSL, kind="application/rsl+xml")
    crawl(Seed("Gazette", urls=(site.base + "/1", site.base + "/2")), data=tmp_path, tdmrep=True)
    with Catalog(tmp_path / "catalog.sqlite") as catalog:
        before = catalog.capture_rows("SELECT * FROM capture")
        press("archive", "rights", "--reread", "--data", tmp_path, cwd=tmp_path)
        assert catalog.capture_rows("SELECT * FROM capture") == before


@pytest.mark.slow
def test_without_an_archive_nothing_is_fetched_for_the_record(site: Site) -> None:
    site.routes = {"/robots.txt": robots(f"License: {site.base}/license.xml"), "/1": page("One.")}
    crawl(Seed("Gazette", urls=(site.base + "/1",)), tdmrep=True)
    assert site.asked == ["/robots.txt", "/1"]


def test_rights_of_no_archive_is_one_line(tmp_path: Path) -> None:
    told = press("archive", "rights", "--reread", "--data", "nowhere", cwd=tmp_path)
    assert (told.code, told.err.count("\n")) == (2, 1) or told.code != 0
    assert press("archive", "rights", "--collection", "news", cwd=tmp_path).code == 2


@pytest.mark.slow
def test_an_imported_archive_of_another_crawler_is_read_too(tmp_path: Path) -> None:
    text = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Usage: search=y\r\n\r\n<html><p>One.</p></html>"
    said = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nUser-agent: *\nContent-Signal: ai-train=no\n"
    moved = "HTTP/1.1 301 Moved\r\nLocation: https://www.a.example/robots.txt\r\n\r\n"
    records = [
        plain("response", moved.encode(), uri="https://a.example/robots.txt", WARC_Date="2026-11-29T06:00:00Z"),
        plain("response", said.encode(), uri="https://www.a.example/robots.txt", WARC_Date="2026-11-29T06:00:01Z"),
        plain("response", text.encode(), uri="https://a.example/1", WARC_Date="2026-11-29T06:00:02Z"),
        plain("response", text.encode(), uri="https://a.example/2", WARC_Date="2026-12-09T06:00:02Z"),
    ]
    (tmp_path / "other.warc").write_bytes(b"".join(records))
    press("archive", "import", "other.warc", "--data", "data", cwd=tmp_path)
    told = json.loads(press("archive", "rights", "--reread", "--json", "--data", "data", cwd=tmp_path).out)
    assert (told["pages"], told["signals"]) == (2, {"content-signal": 1, "content-usage": 2})
    assert said_of(tmp_path / "data", "https://a.example/1").uses().ai_train == "refused"
    # ten days later nobody knows what robots.txt said
    assert said_of(tmp_path / "data", "https://a.example/2").robots is None
