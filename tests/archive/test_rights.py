"""What sites say about the use of their pages is kept as written, and read by the vocabulary, without a guess."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from archive import Elsewhere, OptOuts, Uses, licence_addresses, read_licence_file, read_opt_outs
from archive.rights.page import OPT_OUT_HEAD
from archive.rights.rsl import MAX_RSL, MAX_TERM, MAX_TERMS
from archive.rights.uses import VOCABULARY

PAGE = "https://gazette.example/news/storm"
FILE = "https://gazette.example/license.xml"
FULL = OptOuts(
    robots=("GPTBot",),
    agents_date="2026-11-21",
    content_signal=('robots: search=yes, "ai-train"=no', "header: ai-input=yes"),
    content_usage=("robots: /news/ train-ai=n, x=(a b);q=1",),
    licences=("a: https://creativecommons.org/licenses/by/4.0/",),
    rsl=("robots: https://gazette.example/license.xml",),
    terms=("https://gazette.example/license.xml permits usage: search, ai-input; payment: crawl",),
    seen=(("robots.txt", "2026-11-30T06:00:00Z"),),
    vocabulary="2026-11-30",
)


def read(head: str = "", html: str = "", **elsewhere: object) -> OptOuts:
    lines = [line.partition(": ")[::2] for line in head.splitlines()]
    outside = Elsewhere(**elsewhere)  # type: ignore[arg-type]
    return read_opt_outs(
        lambda name: [value for found, value in lines if found.lower() == name], html.encode(), outside
    )


def rsl(*licences: str, url: str = "/", **attributes: str) -> bytes:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    inner = "".join(f"<license>{licence}</license>" for licence in licences)
    return f'<rsl xmlns="https://rslstandard.org/rsl"><content url="{url}"{more}>{inner}</content></rsl>'.encode()


def terms(data: bytes, page: str = PAGE) -> tuple[str, ...]:
    file = read_licence_file(FILE, data)
    return file.terms_for(page) if file else ("no licence file",)


def uses_of(*lines: str) -> Uses:
    return OptOuts(terms=tuple(f"{FILE} {line}" for line in lines)).uses()


@pytest.mark.parametrize(
    ("said", "uses"),
    [
        ("ai-train=no", Uses(ai_train="refused")),
        ("AI-Train = NO , Search=Yes", Uses(ai_train="refused", search="allowed")),
        ("search=yes,ai-input=yes,ai-train=yes", Uses("allowed", "allowed", "allowed")),
        ("ai-train=maybe, ai-training=no, use=immediate, =no, ai-train", Uses()),
        ("ai-train=no, ai-train=yes", Uses(ai_train="refused", contradictory=("ai_train",))),
        ("/news/ ai-train=no", Uses(ai_train="refused")),
    ],
)
def test_a_content_signal_means_what_its_known_words_say(said: str, uses: Uses) -> None:
    found = read(f"Content-Signal: {said}")
    assert found.content_signal == (f"header: {said}",)
    assert found.uses() == uses


@pytest.mark.parametrize(
    ("said", "uses"),
    [
        ("train-ai=n", Uses(ai_train="refused")),
        ("train-ai=y, ai-use=n, search=y", Uses("allowed", "refused", "allowed")),
        ('train-ai=n;note="a", bots=n', Uses(ai_train="refused")),
        ("train-ai, train-ai=?0, search=1", Uses()),
        ("train-ai=n, train-ai=y", Uses(ai_train="allowed")),
        ("/ train-ai=n", Uses(ai_train="refused")),
    ],
)
def test_content_usage_means_what_its_known_labels_say(said: str, uses: Uses) -> None:
    assert read(content_usage=(said,)).uses() == uses


def test_a_refusal_wins_and_the_contradiction_is_told() -> None:
    found = read("Content-Usage: train-ai=y, search=y\nX-Robots-Tag: noai", content_signal=("search=yes",))
    assert found.uses() == Uses(ai_train="refused", search="allowed", contradictory=("ai_train",))
    assert [signal.value for signal in found.signals()] == [
        "noai",
        "robots: search=yes",
        "header: train-ai=y, search=y",
    ]


def test_what_is_said_to_one_agent_is_not_said_to_all() -> None:
    found = read("X-Robots-Tag: gptbot: noai", robots=("GPTBot", "CCBot"))
    assert (found.uses(), found.reserved) == (Uses(), True)


def test_a_reservation_of_data_mining_refuses_training() -> None:
    assert read(tdm=("1", None)).uses() == Uses(ai_train="refused")
    assert read("TDM-Reservation: 0", tdm=("1", None)).uses().contradictory == ("ai_train",)


def test_what_was_kept_is_read_by_the_vocabulary_of_today() -> None:
    later = copy.deepcopy(dict(VOCABULARY))
    found = read("Content-Usage: ai-summary=n")
    assert found.uses(later) == Uses()
    later["content-usage"]["words"]["ai-summary"] = ["ai_input"]
    assert found.uses(later) == Uses(ai_input="refused")


@pytest.mark.parametrize(
    ("html", "licences", "rsl_files"),
    [
        ('<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC</a>',
         ("a: https://creativecommons.org/licenses/by/4.0/",), ()),
        ('<LINK REL="nofollow License" HREF=/terms>', ("link: /terms",), ()),
        ('<link rel=license type="application/rsl+xml" href="/license.xml">', (), ("link: /license.xml",)),
        ('<link rel=license type="Application/RSL+xml; charset=utf-8" href="/l">', (), ("link: /l",)),
        ('<!-- <a rel=license href=/old> -->', (), ()),
        ('<a href="/license">Our licence</a><p>license</p><a rel="licensed" href=/x>', (), ()),
        ('<a rel=license>', (), ()),
        (" " * OPT_OUT_HEAD + "<a rel=license href=/late>", (), ()),
        ("<a " + "license " * 50_000, (), ()),
    ],
)  # fmt: skip
def test_licence_links_of_a_page_are_kept(html: str, licences: tuple[str, ...], rsl_files: tuple[str, ...]) -> None:
    found = read(html=f"<html><body>{html}")
    assert (found.licences, found.rsl) == (licences, rsl_files)


@pytest.mark.parametrize(
    ("value", "licences", "rsl_files"),
    [
        ('</license.xml>; rel="license"; type="application/rsl+xml"', (), ("header: /license.xml",)),
        ("</cc>; rel=license, </a.css>; rel=preload", ("header: /cc",), ()),
        ('</a>; rel="next license"', ("header: /a",), ()),
        ('</a>; title="rel=license"; rel=next', (), ()),
        ("<" * 10_000, (), ()),
    ],
)
def test_licence_links_of_a_header_are_kept(value: str, licences: tuple[str, ...], rsl_files: tuple[str, ...]) -> None:
    found = read(f"Link: {value}")
    assert (found.licences, found.rsl) == (licences, rsl_files)


def test_a_meta_element_may_hold_a_content_signal() -> None:
    found = read(html='<meta name="Content-Signal" content="ai-train=no"><meta name="content-language" content="en">')
    assert found.content_signal == ("meta: ai-train=no",)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (rsl('<permits type="usage">search</permits>'), ("permits usage: search",)),
        (rsl("<permits>ai-all,search</permits>"), ("permits usage: ai-all search",)),
        (rsl('<prohibits type="usage">ai-train</prohibits><payment type="crawl"><amount currency="USD">1</amount>'
             "</payment>"), ("prohibits usage: ai-train; payment: crawl",)),
        (rsl('<permits type="geo">EU</permits>', server="https://l.example"),
         ("permits geo: EU; server: https://l.example",)),
        (rsl("<permits>search</permits>", "<permits>all</permits>"), ("permits usage: search", "permits usage: all")),
        (rsl("<permits>search</permits>", url="/sport/"), ()),
        (rsl("<permits>search</permits>", url="https://gazette.example/n*s/"), ("permits usage: search",)),
        (rsl("<permits>search</permits>", url="https://other.example/"), ()),
        (rsl("<permits>search</permits>", url="http://[bad"), ()),
        (rsl("<legal>words</legal>"), ()),
        (rsl(*["<permits>search</permits>"] * 100), ("permits usage: search",) * MAX_TERMS),
        (b"<rss><channel/></rss>", ("no licence file",)),
        (b"not xml", ("no licence file",)),
        (b"", ("no licence file",)),
        (b"<!DOCTYPE r [<!ENTITY a '" + b"b" * 99 + b"'><!ENTITY c '&a;&a;&a;'>]><rsl>&c;</rsl>", ()),
        (b"<rsl>" + b"<content url='/'>" * 100_000, ()),
    ],
)  # fmt: skip
def test_a_licence_file_gives_a_page_its_licences(data: bytes, lines: tuple[str, ...]) -> None:
    assert terms(data) == lines


def test_the_content_with_the_longest_address_counts() -> None:
    data = rsl("<permits>all</permits>").replace(
        b"</rsl>", b'<content url="/news/"><license><prohibits>all</prohibits></license></content></rsl>'
    )
    assert terms(data) == ("prohibits usage: all",)
    assert terms(data, "https://gazette.example/sport/1") == ("permits usage: all",)


def test_a_licence_of_any_length_is_kept_within_bounds() -> None:
    (line,) = terms(rsl("<permits>" + "search; " * 5000 + "</permits>"))
    assert len(line) == MAX_TERM
    assert ";" not in line
    assert terms(rsl("<permits>search</permits>") + b" " * MAX_RSL) == ("permits usage: search",)


@pytest.mark.parametrize(
    ("lines", "uses"),
    [
        (("permits usage: ai-all; payment: free",), Uses("allowed", "allowed")),
        (("permits usage: ai-train; payment: attribution",), Uses("conditional")),
        (("permits usage: ai-train; permits user: non-commercial",), Uses("conditional")),
        (("permits usage: all; prohibits usage: ai-train",), Uses("refused", "allowed", "allowed")),
        (("permits usage: ai-train; payment: crawl", "permits usage: ai-train"), Uses("allowed")),
        (("prohibits usage: ai-train", "permits usage: ai-train; payment: purchase"), Uses("conditional")),
        (("payment: crawl",), Uses()),
        (("permits usage: ai-unknown",), Uses()),
    ],
)
def test_licences_mean_what_their_known_words_say(lines: tuple[str, ...], uses: Uses) -> None:
    assert uses_of(*lines) == uses


def test_only_addresses_on_the_web_are_requested_and_few_of_them() -> None:
    given = [
        "robots: /l.xml",
        "link: javascript:alert(1)",
        "link: file:///etc/passwd",
        "link: http://[",
        "header: l.xml",
    ]
    assert licence_addresses(PAGE, given) == [FILE.replace("license", "l"), "https://gazette.example/news/l.xml"]
    assert len(licence_addresses(PAGE, [f"link: /{number}" for number in range(50)])) == 3


def test_statements_come_back_as_they_were_written() -> None:
    assert OptOuts.parse(FULL.as_json()) == FULL
    assert OptOuts.parse(FULL.as_json(only_here=True)) == FULL


@pytest.mark.parametrize("line", ["not json", "{}", "7", '[1, ["a"]]', '"text"'])
def test_a_line_that_another_program_wrote_otherwise_counts_as_not_there(line: str) -> None:
    fields = dict(FULL.fields()) | {"opt-out-content-signal": line, "opt-out-seen": "[]"}
    assert OptOuts.of(fields) == replace(FULL, content_signal=(), seen=())


def test_each_statement_has_its_kind_and_when_it_was_seen() -> None:
    seen = {signal.kind: signal.seen for signal in FULL.signals()}
    assert seen["content-usage"] == seen["robots"] == seen["rsl"] == "2026-11-30T06:00:00Z"
    assert seen["license"] is seen["rsl-terms"] is None
