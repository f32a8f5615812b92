"""A survey as a page, and pictures in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import made_survey
import pytest
from matplotlib.figure import Figure

from sim.analysis.page import survey_page
from sim.analysis.page.look import COLOURS, STYLE
from sim.analysis.page.svg import inline_svg

VOID = {"meta", "path", "use", "rect", "br"}


class Nested(HTMLParser):
    """Checks that what is opened is closed, and keeps ids and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.words = ""

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id" and value]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


@pytest.fixture(scope="module")
def page():
    """Return the page of the made survey."""
    return survey_page(made_survey.survey())


def test_the_page_is_whole_and_every_id_is_used_once(page):
    """What is opened is closed; a link finds one place."""
    parser = Nested()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert {"calm", "storm"} <= set(parser.ids)


def test_the_page_needs_nothing_else(page):
    """No script, no picture or sheet from elsewhere; the only addresses name the grammar of SVG."""
    assert "<script" not in page
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]+\"", page) == []
    assert set(re.findall(r"https?://[^\"\s<]+", page)) == {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink",
    }  # fmt: skip


def test_the_page_shows_every_number_with_its_interval(page):
    """Policies with their sources, ranks, and for lost runs how many, with the exact interval."""
    parser = Nested()
    parser.feed(page)
    words = " ".join(parser.words.split())
    for said in (
        "does what plain does",
        "library plain 1.0",
        "10/10",
        "69.2 … 100 %",
        "worst or tied in storm",
        "One server.",
    ):
        assert said in words
    assert page.count("<svg") == 2


def test_the_page_follows_light_and_dark_and_narrow():
    """Every colour that pictures use has a light and a dark value."""
    light, _, dark = STYLE.partition("prefers-color-scheme: dark")
    for variable in COLOURS.values():
        assert f"{variable}:" in light
        assert f"{variable}:" in dark


def test_words_of_a_scenario_are_text_and_no_markup():
    """A name or a reason with `<` in it shows as it was written."""
    survey = made_survey.survey()
    object.__setattr__(survey.comparisons[0], "why", "Is a < b & c?")
    assert "Is a &lt; b &amp; c?" in survey_page(survey)


def test_the_same_survey_makes_the_same_page(page):
    """No date, no random id."""
    assert survey_page(made_survey.survey()) == page


def test_a_picture_keeps_its_text_and_follows_the_page():
    """Letters stay letters, known colours become the page's, and no size is fixed."""
    figure = Figure(figsize=(2, 1))
    axes = figure.subplots()
    axes.plot([0, 1], color="#0072B2")
    axes.set_title("said")
    svg = inline_svg(figure, "a line")
    assert svg.startswith("<svg")
    assert ">said</text>" in svg
    assert "stroke: var(--blue)" in svg
    assert 'aria-label="a line"' in svg
    assert re.search(r"<svg [^>]*(width|height)=", svg) is None
    assert re.findall(r"#[0-9a-f]{6}", svg) == []
