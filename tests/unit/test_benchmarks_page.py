"""docs/pairing.md shows what figures.json beside it holds."""

import json
from pathlib import Path

import pytest

from benchmarks.pairing.page import NoMarks, rewritten


def test_the_page_shows_the_figures_that_lie_beside_it() -> None:
    page = Path("docs/pairing.md")
    document = json.loads(page.with_suffix("").joinpath("figures.json").read_text())
    text = page.read_text(encoding="utf-8")
    assert rewritten(text, document) == text
    with pytest.raises(NoMarks, match="figures: stated"):
        rewritten(text.replace("<!-- figures: stated -->", ""), document)
