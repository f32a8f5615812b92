"""How pictures look: size, colours that everybody can tell apart, time axes in a fitting unit."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "BOUND",
    "FAULT",
    "OUTCOME_COLOURS",
    "VERDICT_COLOURS",
    "Picture",
    "TimeUnit",
    "line_style",
    "tidy",
    "time_unit",
]

WIDE_IN, DPI = 9.0, 100  # 900 pixels: what a README or a slide shows without scaling

# Okabe and Ito's palette, told apart with every common kind of colour vision (jfly.uni-koeln.de/color); its yellow is
# left out: too light for a line on white.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
)  # fmt: skip
GREY = "#767676"
BOUND = BLACK
FAULT = "#CFCFCF"
OUTCOME_COLOURS = {"ok": BLUE, "failed": VERMILION, "unknown": ORANGE}
VERDICT_COLOURS = {"held": BLUE, "broken": VERMILION, "undecided": ORANGE}
_LINES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
_DASHES = ("-", "--", ":", "-.")


class Picture(Figure):
    """A figure that belongs to no window and shows itself in a notebook."""

    def __init__(self, height_in: float) -> None:
        super().__init__(figsize=(WIDE_IN, height_in), dpi=DPI, layout="constrained")

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DPI)
        return buffer.getvalue()


class TimeUnit(NamedTuple):
    """A unit for a time axis: divide seconds by `size_s`."""

    size_s: float
    name: str


def time_unit(length_s: float) -> TimeUnit:
    """Return the unit in which a stretch of time reads best (at most some hundred of them)."""
    for size_s, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if length_s >= 2 * size_s:
            return TimeUnit(size_s, name)
    return TimeUnit(1.0, "s")


def line_style(index: int) -> dict[str, Any]:
    """Return colour and dashes of the n-th line of a picture: no two of the first 28 are alike."""
    return {"color": _LINES[index % len(_LINES)], "linestyle": _DASHES[index // len(_LINES) % len(_DASHES)]}


def tidy(axes: Axes) -> None:
    """Take away what carries no information, and put a light grid behind the rest."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#E3E3E3", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9)
