"""Test which groups of a robots.txt count for us and for the agents whose opt-outs are recorded."""

from __future__ import annotations

import pytest
from protego import Protego

from scraper.fetch.robots_file import rules_of

BASE = "https://example.com/"


def allowed(robots: str, path: str, agent: str = "pressclip") -> bool:
    return Protego.parse(rules_of(robots.encode()).decode()).can_fetch(BASE + path, agent)


@pytest.mark.parametrize(
    "name",
    [
        "pressclip",
        "PressClip",
        "PRESSCLIP/1.0",
        "pressclip/0.1 (+https://example.org/bot)",
        "pressclip (news)",
        "PressClip news reader",
        "pressclip;1",
        "pressclip*",
        "pressclip # our crawler",
        "  pressclip\t",
    ],
)
@pytest.mark.parametrize("colon", [":", ": ", " : ", " "])
def test_the_product_token_is_read_up_to_the_first_other_character(name: str, colon: str) -> None:
    robots = f"User-agent: *\nAllow: /\n\nUser-agent{colon}{name}\nDisallow: /x\n"
    assert not allowed(robots, "x")
    assert allowed(f"User-agent: *\nDisallow: /\n\nUser-agent{colon}{name}\nDisallow: /x\n", "y")


@pytest.mark.parametrize(
    "name", ["press", "pressclip-images", "pressclip_x", "mypressclip", "clip", "p", "", "Mozilla/5.0 pressclip"]
)
def test_another_product_token_is_not_ours(name: str) -> None:
    assert allowed(f"User-agent: {name}\nDisallow: /\n", "x")
    assert not allowed(f"User-agent: {name}\nAllow: /\n\nUser-agent: *\nDisallow: /x\n", "x")


@pytest.mark.parametrize("name", ["*", "* ", "* # all", "*  all robots"])
def test_a_star_means_all_agents(name: str) -> None:
    assert not allowed(f"User-agent: {name}\nDisallow: /x\n", "x")


@pytest.mark.parametrize(
    "between",
    ["", "# a comment", "Noindex: /y", "foo: bar", "nonsense", "Sitemap: https://a.example/s", "Host: example.com",
     "Content-Signal: ai-train=no", "Clean-param: a /b", "<html>", "Disallowed: /y"],
)  # fmt: skip
@pytest.mark.parametrize("ours", [0, 1, 2])
def test_an_unknown_line_does_not_end_the_agents_of_a_group(between: str, ours: int) -> None:
    names = ["a", "b", "c"]
    names[ours] = "pressclip"
    robots = f"\n{between}\n".join(f"User-agent: {name}" for name in names) + f"\n{between}\nDisallow: /x\n"
    assert not allowed(robots, "x")
    assert allowed(robots, "y")


@pytest.mark.parametrize(
    "rule", ["Disallow: /x", "Allow: /x", "Crawl-delay: 5", "Disallow:", "disallow /x", "Diasllow: /x"]
)
def test_a_rule_ends_the_agents_of_its_group(rule: str) -> None:
    assert allowed(f"User-agent: pressclip\n{rule}\nUser-agent: other\nDisallow: /y\n", "y")
    assert not allowed(f"User-agent: other\n{rule}\nUser-agent: pressclip\nDisallow: /y\n", "y")


def test_groups_of_one_agent_are_read_together() -> None:
    robots = "User-agent: pressclip\nDisallow: /x\nUser-agent: a\nDisallow: /z\nUser-agent: PressClip/2\nDisallow: /y\n"
    assert [allowed(robots, path) for path in "xyz"] == [False, False, True]


def test_recorded_agents_are_told_apart_by_their_whole_token() -> None:
    robots = "User-agent: Google-Extended/1.0\nUser-agent: AI2Bot (crawler)\nUser-agent: Claude\nDisallow: /\n"
    asked = ("Google-Extended", "AI2Bot", "ClaudeBot", "GPTBot", "pressclip")
    assert [allowed(robots, "x", agent) for agent in asked] == [False, False, True, True, True]


def test_a_mark_before_the_first_line_does_not_hide_it() -> None:
    assert not allowed("\ufeffUser-agent: *\nDisallow: /x\n", "x")
