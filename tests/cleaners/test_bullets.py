"""Test signs of lists: lines that begin with one are items, and nothing else is."""

from __future__ import annotations

import pytest

from cleaners import clean, render

STORY = "".join(f"<p>The harbour master closed gate {n} before the storm came in from the west.</p>" for n in range(5))


def markdown(markup: str) -> str:
    """Return the Markdown of a paragraph in a story."""
    article = clean(f"<article><h1>Gates of the harbour</h1>{STORY}<p>{markup}</p>{STORY}</article>")
    around = [f"The harbour master closed gate {n} before the storm came in from the west." for n in (4, 0)]
    return render(article, "markdown").split(around[0], 1)[1].split(around[1], 1)[0].strip()


def test_lines_with_a_sign_are_items_and_the_lines_above_a_paragraph() -> None:
    assert markdown("What the keepers<br>carry:<br>• a <b>lamp</b> and oil<br>• a rope<br><br>") == (
        "What the keepers carry:\n\n- a **lamp** and oil\n- a rope"
    )


def test_a_sign_in_bold_leaves_its_item_bold() -> None:
    assert markdown("<b>✔ a lamp with oil<br>✔ a long rope for the gate</b>") == (
        "- **a lamp with oil**\n- **a long rope for the gate**"
    )


@pytest.mark.parametrize("sign", ["*", "-"])
def test_three_lines_with_an_ambiguous_sign_are_items(sign: str) -> None:
    lines = ["the lamp and its oil", "the long rope", "the key of the gate"]
    assert markdown("<br>".join(f"{sign} {line}" for line in lines)) == "\n".join(f"- {line}" for line in lines)


@pytest.mark.parametrize(
    "markup",
    [
        "• a lamp with oil stands by the gate, and the keepers fill it on every day of the year",
        "* The figures are those of the spring<br>* The keepers count by hand, and they do so twice",
        "– Who goes there in the night?<br>– The keeper of the gate.<br>– Then go on, keeper.",
        "*not a list but a word*<br>*another one that is none*<br>*and the third of these*",
        "• a lamp with oil by the gate<br>• a long rope for the keepers<br>They are kept in the house.",
        "• a lamp with oil by the gate<br>✔ a long rope for the keepers of the harbour",
    ],
    ids=["one", "remarks", "speech", "stars", "text below", "two signs"],
)
def test_other_lines_stay_one_paragraph(markup: str) -> None:
    assert "\n" not in markdown(markup)
