"""Fragments for notebooks."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from sim.analysis.html import comparison_html, table_html


class _Balance(HTMLParser):
    """Keeps the open tags; a closing tag must close the last one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_comparison_is_one_row_an_option_with_word_and_colour(made_comparison: Any) -> None:
    """Every tag is closed, every option has a row, and each verdict is a word as well as a colour."""
    fragment = comparison_html(made_comparison)
    parser = _Balance()
    parser.feed(fragment)
    assert parser.open == []
    assert parser.seen.count("tr") == 1 + len(made_comparison.results)
    assert {"script", "link", "style"} & set(parser.seen) == set()
    assert fragment.count(">broken</b>") == sum(v.verdict == "broken" for v in made_comparison.verdicts)
    assert "p2-mesh: not modelled (comes with the mesh)" in fragment


def test_names_from_a_file_cannot_become_markup(made_comparison: Any) -> None:
    """What stands in the scenario is text, whatever it looks like."""
    made_comparison.why = "<script>alert(1)</script>"
    assert "<script>" not in comparison_html(made_comparison)


def test_a_table_has_its_heads_and_cells_in_order() -> None:
    """Heads first, then one row after another."""
    text = table_html(["a", "b"], [["1", "2"], ["3", "4"]])
    assert [text.index(f">{mark}<") for mark in "ab1234"] == sorted(text.index(f">{mark}<") for mark in "ab1234")
