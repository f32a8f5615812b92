"""How pages look: one style sheet, light or dark as the reader's device says, and the colours that pictures share.

Lines: Okabe and Ito's palette on white; on dark its dark members are lighter and black is white. Contrast of text 4.5
or more in both (WCAG 2.1, level AA).
"""

from __future__ import annotations

__all__ = ["COLOURS", "STYLE", "document"]

COLOURS = {  # colour in a picture → variable of the style sheet
    "#000000": "--text", "#010101": "--text", "#767676": "--faint", "#cfcfcf": "--fault", "#e3e3e3": "--rule",
    "#0072b2": "--blue", "#d55e00": "--vermilion", "#009e73": "--green", "#cc79a7": "--purple", "#e69f00": "--orange",
    "#56b4e9": "--sky",
}  # fmt: skip

STYLE = """\
:root { color-scheme: light dark; --text: #1b1b1b; --back: #ffffff; --faint: #646464; --rule: #dddddd; --fault: #cfcfcf;
  --good: #00573a; --bad: #a33b00; --blue: #0072b2; --vermilion: #d55e00; --green: #009e73; --purple: #cc79a7;
  --orange: #e69f00; --sky: #56b4e9; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --back: #16181b; --faint: #a0a0a0; --rule: #3a3d41;
  --fault: #4a4d52; --good: #57d3a2; --bad: #ff9a5c; --blue: #4aa8e0; --vermilion: #ff8a3d; --green: #2fc79b;
  --purple: #e39bc4; --orange: #f0b43c; --sky: #8fd0f5; } }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .3rem; }
p, ul { max-width: 44rem; } small, .faint { color: var(--faint); }
.wide { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th:first-child, td:first-child, table.said th { text-align: left; }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--back); }
td.words, th.words { text-align: left; white-space: normal; min-width: 11rem; }
td small { display: block; font-size: .75rem; }
.best { color: var(--good); font-weight: 700; } .worst { color: var(--bad); font-weight: 700; }
figure { margin: .6rem 0; } figure svg text { fill: var(--text); }
figure svg { width: 100%; height: auto; max-width: 44rem; display: block; }
figcaption { font-size: .85rem; color: var(--faint); max-width: 44rem; }
a { color: var(--blue); }
"""


def document(title: str, body: str) -> str:
    """Return a whole page. `title`: text that is escaped already; `body`: HTML."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
