"""The story of a call: each attempt, each pause, and what else was going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.explain.story import Line, Story, since
from sim.analysis.explain.subject import require
from sim.analysis.explain.wording import event_lines
from sim.errors import UsageError
from sim.quantities import show_duration
from sim.record.rows import OUTCOMES, REASONS, Event

if TYPE_CHECKING:
    from sim.record import Journal

__all__ = ["RESULT_WORDS", "call_story"]

RESULT_WORDS: dict[str, tuple[str, str]] = {  # what happened, and what that means; the duration stands between them
    "ok": ("a good answer", ""),
    "refused": ("refused", "the host is up, nobody listens there"),
    "unreachable": ("no route to the network, an immediate error", ""),
    "dial_timeout": ("silence while connecting, given up", "nothing was sent, so it certainly was not done"),
    "reset": ("the connection died under the request", "nobody knows whether it was done"),
    "stale": ("the reused connection turned out dead", "no byte of an answer had come"),
    "cut": ("the answer broke off in its middle", ""),
    "timeout": ("silence after the request was written, given up", "nobody knows whether it was done"),
    "status": ("an answer that says no", ""),
    "rejected": ("refused by the client's own policy", "open breaker or empty budget; nothing was sent"),
}
_OUTCOME_WORDS = {"ok": "succeeded", "failed": "failed", "unknown": "ended unknown"}
_PAUSE_S = 1e-6  # shorter ones are rounding, not waiting


def call_story(journal: Journal, client: str, number: int) -> Story:
    """Return the story of a client's call; UsageError if the run has no such client or call.

    Told: each attempt with its connect time, endpoint and result, the waits between them, faults that begin or end
    meanwhile, and below which faults were active. It begins with the call.
    """
    require(client, "client", tuple(journal.info.clients))
    call = _find(journal, client, number)
    began_s, ended_s = float(call["t_s"]), float(call["t_s"]) + float(call["took_s"])
    attempts = journal.attempts
    mine = attempts[(attempts["client"] == call["client"]) & (attempts["number"] == number)]
    lines = _attempt_lines(mine[np.argsort(mine["attempt"], kind="stable")], journal.info.endpoints)
    lines += event_lines(event for event in _of_faults(journal) if began_s < event.t_s <= ended_s)
    lines.append(Line(ended_s, _ending(call)))
    service = journal.info.services[int(call["service"])]
    title = f"call {client}#{number} to service {service}, option {journal.info.option}, seed {journal.info.seed}"
    return Story(title, began_s, tuple(sorted(lines, key=lambda line: line.t_s)), _notes(journal, began_s, mine))


def _find(journal: Journal, client: str, number: int) -> Any:
    index = list(journal.info.clients).index(client)
    of_client = journal.calls[journal.calls["client"] == index]
    found = of_client[of_client["number"] == number]
    if not len(found):
        numbers = of_client["number"]
        known = f"{numbers.min()} to {numbers.max()}" if len(numbers) else "none"
        raise UsageError(f"--explain: {client} has finished no call {number} in this run; known: {known}")
    return found[0]


def _attempt_lines(attempts: Any, endpoints: list[Any]) -> list[Line]:
    lines: list[Line] = []
    free_s: float | None = None
    for row in attempts:
        t_s, took_s = float(row["t_s"]), float(row["took_s"])
        if free_s is not None and t_s - free_s > _PAUSE_S:
            lines.append(Line(free_s, f"waits {show_duration(t_s - free_s)}"))
        lines.append(_attempt_line(row, endpoints))
        free_s = t_s + took_s
    return lines


def _attempt_line(row: Any, endpoints: list[Any]) -> Line:
    result, connect_s = REASONS[int(row["result"])], float(row["connect_s"])
    where = f" to {endpoints[int(row['endpoint'])]}" if int(row["endpoint"]) >= 0 else ""
    if row["reused"]:
        how = f"over a kept connection{where}"
    elif np.isnan(connect_s):
        how = f"new connection{where}"
    else:
        how = f"connected{where} {f'in {show_duration(connect_s)}' if connect_s else 'at once'}"
    text = f"attempt {int(row['attempt']) + 1}, {how}: {_result(result, float(row['took_s']))}"
    syn_again = connect_s >= 1.0 or result == "dial_timeout"
    return Line(float(row["t_s"]), text, ("W2",) if syn_again else ())


def _result(result: str, took_s: float) -> str:
    what, means = RESULT_WORDS[result]
    return f"{what} after {show_duration(took_s)}{'; ' if means else ''}{means}"


def _ending(call: Any) -> str:
    outcome, reason = OUTCOMES[int(call["outcome"])], REASONS[int(call["reason"])]
    count, took = int(call["attempts"]), show_duration(float(call["took_s"]))
    last = "" if reason == "ok" else f"; the last one: {': '.join(filter(None, RESULT_WORDS[reason]))}"
    return f"the call {_OUTCOME_WORDS[outcome]} after {took} and {count} attempt{'s' * (count != 1)}{last}"


def _of_faults(journal: Journal) -> list[Event]:
    return [event for event in journal.events if event.subject.startswith("fault/")]


def _notes(journal: Journal, began_s: float, attempts: Any) -> tuple[str, ...]:
    active = [
        f"Active when it began: fault {event.subject.removeprefix('fault/')} "
        f"({event.detail.get('kind')} on {event.detail.get('target')}), for {since(began_s - event.t_s)[1:]}."
        for event in _active(journal, began_s)
    ]
    untraced = ["The attempts of this run were not recorded; --trace records them."] if not len(attempts) else []
    warming = ["It began in the warm-up, before t = 0: it is not counted."] if began_s < 0 else []
    return (*untraced, *warming, *(active or ["No fault was active when it began."]))


def _active(journal: Journal, at_s: float) -> list[Event]:
    """Return the beginnings of the faults that are on at an instant."""
    on: dict[str, Event] = {}
    for event in _of_faults(journal):
        if event.t_s <= at_s and event.kind == "fault_begin":
            on[event.subject] = event
        elif event.t_s <= at_s and event.kind == "fault_end":
            on.pop(event.subject, None)
    return list(on.values())
