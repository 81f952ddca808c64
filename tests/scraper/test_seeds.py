"""Seed lists: what is read and what is refused, with the place of the mistake."""

from datetime import timedelta
from pathlib import Path

import pytest

from scraper.languages import code_of_tag
from scraper.seeds import Seed, SeedError, load_seeds, seed_from
from tests.support.loopback import Site, answer
from tests.support.shell import fetching, press

TOML = """
[[site]]
name = "Example Gazette"
home = "https://example.com/"
feeds = ["https://example.com/rss.xml"]
allow = ['^/news/\\d{4}/']
language = "en"
every = "1h"
updates = ["1d", "30m"]

[[site]]
home = "https://example.org"
"""


def test_a_toml_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "news.toml"
    path.write_text(TOML)
    first, second = load_seeds(path)
    assert first.name == "Example Gazette"
    assert first.feeds == ("https://example.com/rss.xml",)
    assert first.every == timedelta(hours=1)
    assert (first.updates, second.updates) == ((timedelta(minutes=30), timedelta(days=1)), None)
    assert (second.name, second.home) == ("example.org", "https://example.org/")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (TOML.replace('"1d", "30m"', '"soon"'), 2, "updates"),
        (TOML + 'feed = ["https://example.org/f"]\n', 13, "'feed'"),
        (TOML.replace("every", "evry"), 8, "'evry'"),
        (TOML + "[defaults]\nx = 1\n", 13, "'defaults'"),
        (TOML.replace('"1h"', '"often"'), 2, "every"),
        (TOML.replace("https://example.org", "ftp://example.org"), 11, "ftp://example.org"),
        (TOML.replace("\\d{4}/'", "('"), 2, "allow"),
        (TOML.replace('feeds = ["https://example.com/rss.xml"]', 'feeds = "https://example.com/rss.xml"'), 2, "feeds"),
        (TOML + "feeds = = 1\n", 13, "not TOML"),
        ("[[site]]\nname = 'x'\n", 1, "nothing to read"),
        (TOML.replace('"en"', '"English"'), 2, "'English' is not an ISO 639-1 code: give 'en'"),
        (TOML.replace('"en"', '"deu"'), 2, "'deu' is not an ISO 639-1 code: give 'de'"),
        (TOML.replace('"en"', '"pt-BR"'), 2, "give 'pt'"),
        (TOML.replace('"en"', '"EN"'), 2, "give 'en'"),
        (TOML.replace('"en"', '"Klingon"'), 2, "'Klingon' is not an ISO 639-1 code: give it as 'en' or 'de'"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    path = tmp_path / "news.toml"
    path.write_text(text)
    with pytest.raises(SeedError) as caught:
        load_seeds(path)
    message = str(caught.value)
    assert message.startswith(f"{path}")
    assert word in message
    assert f":{line}" in message or f"line {line}" in message
    assert "\n" not in message


def test_two_sites_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "news.toml"
    path.write_text(TOML + TOML)
    with pytest.raises(SeedError, match="Example Gazette"):
        load_seeds(path)


def test_plain_lists_are_grouped_by_host_and_comments_skipped(tmp_path: Path) -> None:
    path = tmp_path / "pages.txt"
    path.write_text("# pages\nhttps://example.com/a\n\nhttps://example.org/b # with a remark\nhttps://example.com/c\n")
    assert load_seeds(path, "https://example.org/d") == [
        Seed("example.com", urls=("https://example.com/a", "https://example.com/c")),
        Seed("example.org", urls=("https://example.org/b", "https://example.org/d")),
    ]


@pytest.mark.parametrize(
    "line", ["example.com/a", "file:///etc/passwd", "https://example.com/" + "a" * 2083, "http://a b/"]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pages.txt"
    path.write_text("https://example.com/a\n" + line + "\n")
    with pytest.raises(SeedError, match=r"pages\.txt:2: "):
        load_seeds(path)


def test_a_missing_or_binary_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\xff\xfe")
    for name in ("none.toml", "picture.txt"):
        with pytest.raises(SeedError, match=name):
            load_seeds(tmp_path / name)


def test_a_feed_elsewhere_does_not_make_its_host_the_site() -> None:
    seed = seed_from({"home": "https://example.com/", "feeds": ["https://feeds.example.net/1"]}, "test")
    assert seed.admits("https://www.example.com/a")
    assert not seed.admits("https://feeds.example.net/a")


def test_allow_bounds_the_articles_and_only_a_whole_url_admits_another_site() -> None:
    seed = seed_from({"home": "https://example.com/", "allow": [r"^/news/\d+", r"^https://example\.net/p/"]}, "test")
    assert seed.admits("https://example.com/news/1")
    assert not seed.admits("https://example.com/sport/1")
    assert not seed.admits("https://example.org/news/1")
    assert seed.admits("https://example.net/p/1")


@pytest.mark.parametrize(
    ("said", "age"),
    [
        ({}, timedelta(days=30)),
        ({"max_age": "2d"}, timedelta(days=2)),
        *(({"max_age": off}, None) for off in ("", "0", 0)),
    ],
)
def test_old_entries_are_left_out_unless_the_seed_says_otherwise(
    said: dict[str, object], age: timedelta | None
) -> None:
    assert seed_from({"home": "https://example.com/", **said}, "here").max_age == age


@pytest.mark.parametrize("said", ["a month", "99999999999d", 30, -1, ["30d"]])
def test_an_age_that_is_none_is_named(said: object) -> None:
    with pytest.raises(SeedError, match="max_age"):
        seed_from({"home": "https://example.com/", "max_age": said}, "here")


@pytest.mark.parametrize("pattern", ["^/(a+)+$", r"^/\d+\d+\d+x"])
def test_a_pattern_that_must_hang_is_refused(pattern: str) -> None:
    with pytest.raises(SeedError, match=r"here: allow: .* repeats a repeat"):
        seed_from({"home": "https://example.com/", "allow": [pattern]}, "here")


@pytest.mark.slow
def test_a_pattern_that_hangs_ends_the_crawl_and_is_named(tmp_path: Path) -> None:
    link = "/" + ",".join("abcdefgh" * 6)
    with Site() as site:
        site.routes = {"/": answer(f"<html><body><a href='{link}'>A headline with five words here</a></body></html>")}
        seed = f"[[site]]\nhome = '{site.base}/'\nsections = ['{site.base}/']\nallow = ['^/(?:.*?,){{12}}X']\n"
        (tmp_path / "seeds.toml").write_text(seed)
        done = press(*fetching("crawl", "seeds.toml", "--data", "data"), cwd=tmp_path)
    assert done.code == 2
    (line,) = done.err.splitlines()
    assert "allow: '^/(?:.*?,){12}X': the pattern takes longer than 1 s" in line


@pytest.mark.parametrize("text", ["", "# nothing yet\n\n"])
def test_an_empty_list_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.txt").write_text(text)
    done = press("crawl", "empty.txt", "--data", "data", cwd=tmp_path)
    names = "empty.txt: names no page: give one URL a line, or a .toml file with [[site]] tables"
    assert (done.code, done.line) == (2, f"pressclip: {names}")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("code", ["en", "no", "fil"])
def test_codes_of_languages_are_taken_as_discover_writes_them(code: str) -> None:
    assert code_of_tag(f"{code}-XX") == code
    assert seed_from({"home": "https://example.com/", "language": code}, "test").language == code
