"""What it means: reads journals only, and answers with metrics, intervals, verdicts, causes, tables and pictures.

Its parts are loaded where they are used (scipy, matplotlib, polars and rich are heavy): `reduce` turns a journal into a
replication, `comparison` holds the results, `checks` refuses runs that contradict themselves.
"""

from __future__ import annotations

__all__: list[str] = []
