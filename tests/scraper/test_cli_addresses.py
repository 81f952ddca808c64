"""Addresses without a scheme, and sites that are given to `pressclip crawl` by their address."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scraper.cli.addresses import Address, address_of, read_address
from scraper.demo import serve
from scraper.seeds import Seed, load_seeds, seeds_of_pages
from tests.support.loopback import Site, answer
from tests.support.shell import PAGE, TEXT, Done, fetching, press


def crawl(*given: str, cwd: Path, options: tuple[str, ...] = ()) -> Done:
    return press(*fetching("crawl", *given, "--data", "data", "--json", *options), cwd=cwd)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("example.com", "https://example.com/"),
        ("News.Example.co.uk/a?b=1", "https://news.example.co.uk/a?b=1"),
        ("coast.example/story", "https://coast.example/story"),
        ("example.com/page.html", "https://example.com/page.html"),
        ("localhost", "https://localhost/"),
        ("127.0.0.1/", "https://127.0.0.1/"),
        ("[::1]:8080/a", "https://[::1]:8080/a"),
        ("intranet:8080", "https://intranet:8080/"),
        ("HTTP://Example.com/A", "HTTP://Example.com/A"),
    ],
)
def test_an_address_is_one_without_its_scheme_too(source: str, url: str) -> None:
    address = address_of(source)
    assert address is not None
    assert address.url == url
    assert address.fallback == (None if "://" in source else url.replace("https", "http"))


@pytest.mark.parametrize(
    "source",
    ["-", "page.html", "pages/", "pages/example.com", "./example.com", "/example.com/a", "crawl.warc.gz", "seeds.toml",
     "intranet", "a b.com", "you@example.com", "", "..", "corpus.jsonl:3x", "ftp://example.com/", "C:\\page.html"],
)  # fmt: skip
def test_a_path_is_no_address_though_nothing_is_there(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert address_of(source) is None


def test_what_exists_is_a_file_whatever_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.com").write_text(PAGE, "utf-8")
    assert address_of("example.com") is None
    assert press("clean", "example.com", cwd=tmp_path).out == TEXT
    # a command that takes only sites does not look for files
    assert read_address("example.com") == Address("https://example.com/", "http://example.com/")


@pytest.mark.parametrize(
    ("source", "is_site"),
    [("example.com", True), ("http://example.com", True), ("https://example.com/?utm_source=a", True),
     ("https://example.com/?p=1", False), ("https://example.com/a", False)],
)  # fmt: skip
def test_a_site_is_an_address_without_a_path(source: str, is_site: bool) -> None:
    address = address_of(source)
    assert address is not None
    assert address.is_site is is_site


def test_a_home_page_in_a_list_is_a_section_and_to_clean_a_page(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("https://example.com/\nhttps://example.com/a\n")
    assert load_seeds(tmp_path / "list.txt") == [
        Seed("example.com", sections=("https://example.com/",), urls=("https://example.com/a",))
    ]
    assert seeds_of_pages(["https://example.com/"]) == [Seed("example.com", urls=("https://example.com/",))]


@pytest.mark.slow
def test_a_sites_address_is_read_as_a_site_and_its_front_page_is_no_article(tmp_path: Path) -> None:
    with serve() as sites:
        site = sites[0]
        first = crawl(site.base_url, cwd=tmp_path)
        asked = list(site.requests)
        second = crawl(f"{site.base_url}/", f"127.0.0.1:{site.base_url.rpartition(':')[2]}", cwd=tmp_path)
        again = site.requests[len(asked) :]
    (report,) = json.loads(first.out)["sites"]
    assert (report["name"], report["articles"]) == (site.name, len(site.articles))
    shown = press("archive", "show", site.base_url + "/", "--data", "data", "--json", cwd=tmp_path)
    assert not any(capture["texts"] for capture in json.loads(shown.out or "[]"))
    looking, found = first.err.splitlines()
    path = f"data/seeds/127.0.0.1-{site.base_url.rpartition(':')[2]}.toml"
    assert looking == f"pressclip: {site.base_url}: a site; looking for its feeds, sitemaps and sections"
    assert found == f"pressclip: {site.base_url}: found 1 feed, 1 news sitemap; kept in {path}, for you to review"
    # the second crawl does not look again, and takes two names of the site for one
    assert second.err.splitlines()[0] == f"pressclip: {site.base_url}/: a site; its sources are those of {path}"
    assert [one["name"] for one in json.loads(second.out)["sites"]] == [site.name]
    assert "/" not in again


@pytest.mark.slow
def test_a_site_without_sources_is_a_hint_and_stores_nothing(site: Site, tmp_path: Path) -> None:
    site.routes = {"/": answer("<p>Nothing here.</p>"), "/lamp": answer(PAGE)}
    alone = crawl(site.base, cwd=tmp_path)
    assert (alone.code, alone.out) == (3, "")
    assert "no feed, sitemap or section found" in alone.err
    assert alone.err.endswith("To crawl single articles, give their addresses.\n")
    beside = crawl(site.base, site.base + "/lamp", cwd=tmp_path)
    assert (beside.code, json.loads(beside.out)["sites"][0]["articles"]) == (1, 1)
    assert not list((tmp_path / "data" / "seeds").iterdir())


@pytest.mark.slow
def test_a_site_that_refuses_is_told_with_the_exit_code_of_a_refusal(site: Site, tmp_path: Path) -> None:
    done = press("crawl", site.base, "--data", "data", cwd=tmp_path)
    assert (done.code, done.out, site.asked) == (4, "", [])
    assert "blocked_address" in done.err


def test_a_wrong_file_is_told_before_a_site_is_asked(tmp_path: Path) -> None:
    done = press("crawl", "http://127.0.0.1:1/", "none.toml", "--data", "data", cwd=tmp_path, apart=False)
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert done.line.startswith("pressclip: none.toml: ")


@pytest.mark.slow
def test_a_page_that_was_given_without_its_scheme_is_asked_over_tls(site: Site, tmp_path: Path) -> None:
    name = f"127.0.0.1:{site.port}/lamp"
    done = press(*fetching("clean", name), cwd=tmp_path, apart=True)
    assert done.code == 3
    assert done.line.startswith(f"pressclip: https://{name}: ")
    assert done.line.endswith(f"({name} is no file and was taken for an address; http://{name} asks without TLS)")
