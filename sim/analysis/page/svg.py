"""A figure as inline SVG: text stays text, colours follow the page, nothing in it changes from run to run."""

from __future__ import annotations

import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from sim.analysis.page.look import COLOURS

__all__ = ["inline_svg"]

_LONG_NUMBER = re.compile(r"(\d+\.\d)\d+")  # a tenth of a point is finer than any screen
_COLOUR = re.compile("|".join(COLOURS))
_UNUSED_ID = re.compile(r' id="[A-Za-z][\w.]*?_\d+"')  # figure_1, axes_2 …: nothing refers to them, and pages have many


def inline_svg(figure: Figure, label: str) -> str:
    """Return the figure as an `<svg>` element that scales with its place. `label`: for who cannot see it, escaped."""
    buffer = io.StringIO()
    # letters and not outlines: a tenth of the size, and they can be searched; ids by what they stand for, not at random
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = _UNUSED_ID.sub("", text)
    text = re.sub(r'(<svg [^>]*?) width="[^"]*pt"', rf'\1 role="img" aria-label="{label}"', text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*pt"', r"\1", text, count=1)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", text)
    text = re.sub(r' d="[^"]*"', lambda found: _LONG_NUMBER.sub(r"\1", found[0]), text)
    return _COLOUR.sub(lambda found: f"var({COLOURS[found[0]]})", text)
