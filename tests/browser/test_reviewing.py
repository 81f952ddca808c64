"""In a browser: a person reviews proposed rules with keys alone, and the terminal agrees after each answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from archive.site_rules import write_proposed
from cleaners import Evidence
from cleaners.learn import Proposal
from tests.browser.conftest import Visit, serving, violations
from tests.browser.test_looking import SIZES, width_needed
from tests.support.rule_data import EVIDENCE, HOST, write_rules, write_warc
from tests.support.rule_data import TIN as RULE
from tests.support.shell import KEPT, press

OTHER = "courier.example"
EVIL = '<script>document.title = "evil"</script><img src="https://evil.example/x" onerror="document.title = 1">'
TIN, ADS = f"{HOST}/tin", f"{OTHER}/every-tide"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two pages each of two hosts, with a proposal for each."""
    write_warc(tmp_path / "foreign.warc", HOST, OTHER)
    press("archive", "import", "foreign.warc", "--data", "data", cwd=tmp_path)
    root = tmp_path / "data"
    write_rules(root, f"inherit = true\n{RULE}{EVIDENCE}".replace(f"{HOST}/1", f"{HOST}/0"), state="proposed")
    evidence = Evidence(
        pages=2, of=2, first_seen="2026-11-20", last_seen="2026-11-20", urls=(f"https://{OTHER}/0",),
        removes=(f"{EVIL} מים every tide",), characters=9, position="tail", places=("body/p",), facts=("x",),
        probability=0.9,
    )  # fmt: skip
    proposal = Proposal("every-tide", "line", "Every tide.*", "an offer", "Every tide in", "The tide rose", evidence)
    write_proposed(root, OTHER, [proposal])
    return root


@pytest.fixture
def page(data: Path) -> Iterator[str]:
    with serving(data) as address:
        yield address


def listed(data: Path, *options: str) -> set[str]:
    """Return what the terminal lists as proposed."""
    done = press("rules", "review", "--data", data, "--list", cwd=data.parent)
    return {line.split()[5].removeprefix("proposed/") for line in done.out.splitlines()}


def in_force(data: Path) -> set[str]:
    done = press("rules", "list", "--data", data, cwd=data.parent)
    return {line.split()[0].removeprefix("sites/") for line in done.out.splitlines() if line.startswith("sites/")}


def hit(page: Page, key: str) -> None:
    """Press a key when the page's script listens."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def shows(page: Page, proposal: str, said: str = "") -> None:
    if said:
        expect(page.get_by_role("status")).to_contain_text(said)
    expect(page.locator("#rule")).to_have_text(proposal)


@pytest.mark.parametrize("script", [True, False], ids=["keys", "without scripts"])
def test_a_person_accepts_rejects_and_undoes_and_the_terminal_agrees(
    visit: Visit, page: str, data: Path, script: bool
) -> None:
    tab = visit(f"{page}/review?all=yes", java_script_enabled=script)
    names = {"a": "Accept", "r": "Reject", "l": "Later", "u": "Undo the last answer"}

    def act(key: str) -> None:
        if script:
            hit(tab, key)
        else:
            tab.get_by_role("button", name=names[key]).click()

    shows(tab, ADS)
    expect(tab.locator(".removed").first).to_contain_text(EVIL)
    expect(tab).to_have_title("Review – pressclip")
    act("r")
    shows(tab, TIN, "Rejected")
    assert (listed(data), in_force(data)) == ({TIN}, set())
    act("a")
    expect(tab.get_by_role("status")).to_contain_text("Accepted")
    expect(tab.get_by_text("Nothing is proposed.")).to_be_visible()
    assert (listed(data), in_force(data)) == (set(), {TIN})
    act("u")
    shows(tab, TIN, "undone")
    assert (listed(data), in_force(data)) == ({TIN}, set())
    act("u")
    shows(tab, ADS, "undone")
    assert (listed(data), in_force(data)) == ({TIN, ADS}, set())
    act("l")
    shows(tab, TIN, "Left for later")
    assert (listed(data), in_force(data)) == ({TIN, ADS}, set())


def test_a_person_with_keys_alone_sees_the_effect_accepts_and_cleans_again(visit: Visit, page: str, data: Path) -> None:
    tab = visit(page)
    hit(tab, "v")
    tab.wait_for_url("**/review")
    hit(tab, "j")
    hit(tab, "j")
    hit(tab, "Enter")
    shows(tab, TIN)
    hit(tab, "e")
    tab.wait_for_url("**/job?id=*")
    # the script asks again each second
    expect(tab.get_by_role("status")).to_contain_text("Done: 4 pages looked at. Nothing is written.")
    expect(tab.locator("#job")).to_contain_text(f"{HOST}: 2 of 2 pages change")
    hit(tab, "b")
    shows(tab, TIN)
    hit(tab, "a")
    expect(tab.get_by_role("status")).to_contain_text("Accepted")
    hit(tab, "p")
    tab.wait_for_url("**/job?id=*")
    expect(tab.locator("#job")).to_contain_text("2 texts written")
    shown = [
        press("archive", "show", f"https://{host}/0", "--data", data, cwd=data.parent).out for host in (HOST, OTHER)
    ]
    assert [KEPT[1] in text for text in shown] == [False, True]


def test_two_tabs_answer_one_proposal_once(visit: Visit, page: str, data: Path) -> None:
    first, second = (visit(f"{page}/review?host={HOST}") for _ in range(2))
    hit(first, "a")
    expect(first.get_by_role("status")).to_contain_text("Accepted")
    hit(second, "r")
    expect(second.get_by_role("status")).to_contain_text("Not saved: somebody else has judged")
    assert (listed(data), in_force(data)) == ({ADS}, {TIN})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_each_page_of_the_review_is_readable_at_each_width_and_open_to_everybody(
    visit: Visit, page: str, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    tab = visit(f"{page}/review", viewport={"width": width, "height": height}, color_scheme=scheme)

    def check(where: str) -> None:
        assert width_needed(tab) <= width, where
        assert violations(tab) == [], where

    check("hosts")
    for path in ("/review?all=yes", f"/review?host={HOST}&said=rejected", "/review?host=none.example"):
        tab.goto(page + path)
        check(path)
    tab.goto(f"{page}/review?host={HOST}")
    hit(tab, "e")
    tab.wait_for_url("**/job?id=*")
    check("a job at work")
    expect(tab.get_by_role("status")).to_contain_text("Done")
    check("a job that is done")
