"""Results as pages: one HTML file that needs nothing else, no network, no script; for phones and for dark rooms too."""

from __future__ import annotations

from sim.analysis.page.survey import survey_page

__all__ = ["survey_page"]
