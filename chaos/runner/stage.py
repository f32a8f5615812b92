"""Where deeds are done: each written down before, left with its guardian, done, read back; and undone from the ledger.

Everything here blocks and runs on threads of its own; the load's loop never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from chaos.clock import RunClock
from chaos.deeds import Deed, DeedFailed, GuardianOrder, Hands
from chaos.deeds.places import held_by_both
from chaos.ledger import Entry, Ledger, Undone, undo_all
from chaos.runner.announce import Announcer
from chaos.runner.journal import SharedRecorder
from chaos.runner.switches import Switches

__all__ = ["Prepared", "Stage"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Deeds of one occurrence that are written down and guarded: all that is left is to do them."""

    fault: str
    case: str
    deeds: tuple[tuple[int, Deed], ...]
    takes_api: bool


class Stage:
    """Does and undoes the deeds of one run. Safe to use from several threads."""

    def __init__(
        self,
        hands: Hands,
        ledger: Ledger,
        switches: Switches,
        recorder: SharedRecorder,
        clock: RunClock,
        announcer: Announcer,
    ) -> None:
        self._announcer = announcer
        self.hands, self._ledger, self._switches = hands, ledger, switches
        self.run = ledger.header.run
        self._recorder, self._clock = recorder, clock
        self._without_api = 0
        self._orders: dict[int, GuardianOrder] = {}  # what guardians hold, by number of the deed's entry
        self._begun: dict[str, dict[str, str]] = {}
        self._lock = Lock()
        ledger.copy_may_fail = lambda: self.api_is_away
        ledger.missed = lambda why: recorder.event(clock.now(), "ledger_copy_missed", "run", {"why": why})

    @property
    def api_is_away(self) -> bool:
        """Whether a fault that takes the API server is on."""
        return self._without_api > 0

    def prepare(self, fault: str, case: str, deeds: Iterable[Deed], *, takes_api: bool = False) -> Prepared:
        """Look at every target, check it, write the deed down and leave its undo with the guardian. Changes nothing.

        Raises TargetRefused, TargetGone, DeedFailed, and what a read raises.
        """
        ready: list[tuple[int, Deed]] = []
        for each in deeds:
            self.hands.allowed(*each.touches())
            self._refuse_held(fault, each)
            deed = each.prepared(self.hands)
            order = deed.guardian(self.hands)
            number = self._ledger.intend(case, deed)
            if order is not None:
                self._switches.order(order)
                self._orders[number] = order
            ready.append((number, deed))
        return Prepared(fault, case, tuple(ready), takes_api)

    def _refuse_held(self, fault: str, deed: Deed) -> None:
        """Raise DeedFailed if another fault holds the same thing: its state would be kept as the one to go back to."""
        for entry in self._ledger.owed():
            holder = entry.case.split("/")[1]
            if holder != fault and (thing := held_by_both(entry.read(), deed)):
                raise DeedFailed(f"{deed.title()}: fault {holder} holds {thing} still; it has to be undone before")

    def do(self, prepared: Prepared, planned_s: float | None = None) -> None:
        """Do the deeds in order. Raises what the first that fails raises; what was done stays owed in the ledger."""
        if prepared.takes_api:
            with self._lock:
                self._without_api += 1
        for number, deed in prepared.deeds:
            began_s = self._clock.now()
            detail = deed.do(self.hands)
            now_s = self._clock.now()
            self._ledger.done(number, detail)
            told = {"deed": deed.title(), "case": prepared.case, "took_s": round(now_s - began_s, 6), **detail}
            self._recorder.event(now_s, "injected", f"fault/{prepared.fault}", told, planned_s=planned_s)

    def undo(self, prepared: Prepared, *, patient: Callable[[], bool]) -> list[Undone]:
        """Undo what is owed of an occurrence, and take back what guardians hold of it; return what is left."""
        left = self._undo(self._ledger.owed(prepared.case), patient)
        open_still = {undone.entry.number for undone in left}
        done = [number for number, _ in prepared.deeds if number not in open_still]
        self._switches.undone(self._orders.pop(number) for number in done if number in self._orders)
        if prepared.takes_api:
            with self._lock:
                self._without_api -= 1
        return left

    def lapsed(self, prepared: Prepared) -> str:
        """Return why a fault that was on is so no more, though nobody of us undid it; nothing if all of it still is."""
        found = [deed.lapsed(self.hands) for _, deed in prepared.deeds]
        return "; ".join(filter(None, found))

    def undo_everything(self, *, patient: Callable[[], bool]) -> list[Undone]:
        """Undo all that is owed, in reverse; return what is left."""
        return self._undo(self._ledger.owed(), patient)

    def _undo(self, entries: tuple[Entry, ...], patient: Callable[[], bool]) -> list[Undone]:
        return undo_all(entries, self.hands, self._told, patient)

    def _told(self, undone: Undone) -> None:
        now_s, entry = self._clock.now(), undone.entry
        subject = f"fault/{entry.case.split('/')[1]}"
        told = {"deed": undone.title, "case": entry.case, "took_s": round(undone.took_s, 6)}
        if undone.failed is not None:
            self._ledger.failed(entry.number, undone.failed.why)
            why = {"why": undone.failed.why, "by_hand": list(undone.failed.by_hand)}
            self._recorder.event(now_s, "undo_failed", subject, told | why)
            return
        self._ledger.undone(entry.number, undone.how)
        self._recorder.event(now_s, "undone", subject, told | {"how": undone.how})
        self._recorder.event(now_s, "verified", subject, told | {"how": "read back"})

    def note(self, kind: str, fault: str, detail: dict[str, Any]) -> None:
        """Write an event of a fault."""
        self._recorder.event(self._clock.now(), kind, f"fault/{fault}", detail)

    def begin(self, fault: str, detail: dict[str, str], planned_s: float) -> None:
        """Write that a fault begins."""
        self._begun[fault] = detail
        self._recorder.event(self._clock.now(), "fault_begin", f"fault/{fault}", detail, planned_s=planned_s)
        self._announcer.tell("FaultBegins", f"{fault} ({detail['kind']}) on {detail['target']}")

    def end(self, fault: str) -> None:
        """Write that a fault that had begun is over: everything that it was made of is undone."""
        detail = self._begun.pop(fault)
        self._recorder.event(self._clock.now(), "fault_end", f"fault/{fault}", detail)
        self._announcer.tell("FaultEnds", f"{fault} ({detail['kind']}) on {detail['target']}")

    def end_all(self) -> None:
        """Write so of every fault that is still on, the last one first."""
        for fault in reversed(list(self._begun)):
            self.end(fault)
