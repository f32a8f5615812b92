"""The summary for a pull request: verdict first, tables that stay whole, commands that can be copied."""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from real_journal import calm, fault_events

from chaos.report.judged import report_of
from chaos.report.markdown import markdown


def text(folder: Any, **changed: Any) -> str:
    """Return the summary of a calm run with changes."""
    return markdown(report_of(calm(**changed).write(folder)))


def test_a_run_that_held_in_full(tmp_path):
    """Everything that a reader of a pull request needs, in this order."""
    told = text(tmp_path)
    scenario_hash = report_of(tmp_path).story.info.scenario_hash
    assert (
        told
        == f"""\
## x, option patient: held

### Objectives

| objective | asked | value | verdict | why |
|---|---|---|---|---|
| served | call\\_ok\\_share of client/a ≥ 90 % | 100 % | held | 100 % in the one run made: no interval (≥ 90 %) |

### Steady state

| probe | asked | last value | verdict | how it went |
|---|---|---|---|---|
| well | call\\_ok\\_share of client/a ≥ 90 % | 100 % | held | held throughout |

### Faults (seconds of the run)

| fault | kind | planned | injected | undone | verified | late | state |
|---|---|---|---|---|---|---|---|
| cut | latency | 10.000 | 10.020 | 15.010 | 15.020 | 20 ms | done and undone |


Run wg-1, started 2026-11-25T12:00:00+00:00, seed 7, exit code 0.
Scenario as run: sha256 `{scenario_hash}`. Versions: weatherglass 0.1.0.

To repeat it:

```sh
weatherglass chaos run x --binding lab.yaml --option patient --seed 7
```

To stop such a run from anywhere:

```sh
kubectl delete lease x
```

"""
    )


def test_an_early_end_stands_below_the_verdict_with_its_moment(tmp_path):
    """What stopped a run, and when, in run seconds and UTC."""
    told = text(tmp_path, outcome="aborted", why="SIGINT: a person or a machine stopped it", end_s=20.0)
    assert told.splitlines()[:3] == [
        "## x, option patient: aborted",
        "",
        "**Stopped at t = 20.0 s, 12:00:25 UTC:** SIGINT: a person or a machine stopped it",
    ]


def test_a_run_is_stopped_when_it_was_stopped(tmp_path):
    """As its own row of the journal has it, not once everything is undone; everywhere the same."""
    stopped = (18.0, "stopped", "run", {"why": "SIGINT", "outcome": "aborted"})
    told = text(tmp_path, outcome="aborted", why="SIGINT", end_s=20.0, events=[stopped])
    assert "**Stopped at t = 18.0 s, 12:00:23 UTC:** SIGINT" in told
    assert "aborted at t = 18.0 s: SIGINT" in told
    assert "t = 20.0" not in told


def test_what_is_still_in_force_comes_first(tmp_path):
    """After a kill the deed that nobody undid, and the command that does, stand above every table."""
    told = text(tmp_path, outcome=None, events=fault_events("late", 50.0)[:2], faults={"cut": {}, "late": {}})
    head = told.partition("### Objectives")[0]
    assert "- latency on link late: nothing says that it was undone" in head
    assert f"```sh\nweatherglass chaos undo {tmp_path} --binding lab.yaml\n```\n" in head


def test_words_of_others_stay_in_their_cells(tmp_path):
    """A server's words with pipes, line breaks, mentions and markup make neither columns nor links nor pings."""
    why = "a | b\n| c |\n@team <img src=x> [x](y) `z` **w** &lt;"
    told = text(tmp_path, events=[(-4.0, "probe_unknown", "probe/own", {"why": why})])
    row = next(line for line in told.splitlines() if line.startswith("| own |"))
    html = MarkdownIt("commonmark").enable("table").render(f"| a | b | c | d | e |\n|---|---|---|---|---|\n{row}\n")
    assert html.count("<td>") == 5
    assert [mark for mark in ("<img", "<a ", "<code", "<em", "<strong>w") if mark in html] == []
    assert "a | b | c | @\u200bteam &lt;img" in html
