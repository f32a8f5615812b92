"""Everything that watches a run: the observer of the cluster, the meter of our own calls, the probes."""

from __future__ import annotations

from chaos.binding import Binding
from chaos.clock import RunClock
from chaos.deeds import Hands
from chaos.observer import Observer
from chaos.probes import Reading
from chaos.probes.calls import window_s
from chaos.probes.meter import Meter, Rows
from chaos.probes.probes import Probes, Sources
from chaos.report.progress import ClientNow
from chaos.runner.effects import LOOK_S
from chaos.runner.journal import SharedRecorder
from chaos.runner.load import observed
from sim.record import OUTCOMES, REASONS
from sim.spec.scenario import Scenario

__all__ = ["SEEN_S", "Eyes"]

SEEN_S = 5.0  # what the live view's rates are taken over


class Eyes:
    """Opened with the warm-up, closed after the last undo; what they see goes into the journal."""

    def __init__(self, hands: Hands, scenario: Scenario, recorder: SharedRecorder, clock: RunClock) -> None:
        binding: Binding = hands.binding
        self._clock, self._recorder, self._began_s = clock, recorder, clock.now()
        self._answered_s = self._began_s
        self._duration_s = scenario.run.duration
        self._allowed = [
            (name, probe.of, 1.0 - probe.at_least)
            for name, probe in scenario.objectives.items()
            if probe.metric == "call_ok_share" and probe.at_least is not None and probe.at_least < 1.0
        ]
        names, info = observed(scenario, binding), recorder.info
        self._observer = Observer(hands.kube, names, recorder, clock, lock=recorder.lock).start()
        longest_s = max((SEEN_S, LOOK_S, *map(window_s, scenario.steady.values())))
        self._meter = Meter(info.clients, info.services, clock, longest_s)
        recorder.call = self._meter.tap(recorder.call)
        self.probes = Probes(
            scenario.steady,
            binding.steady,
            Sources(self._meter, self._observer.facts, binding.prometheus),
            recorder,
            clock,
            objectives=scenario.objectives,
            lock=recorder.lock,
        ).start()

    def close(self) -> None:
        """Stop watching; nothing is written after that."""
        self.probes.stop()
        self._observer.stop()

    def readings(self) -> dict[str, Reading]:
        """Return the probes' readings as they stand."""
        return self.probes.readings()

    def api_away_for(self) -> float:
        """Return for how many seconds the API server has not answered; 0 while it does."""
        now_s = self._clock.now()
        if self._observer.facts().control_plane_up_share.value == 1.0:
            self._answered_s = now_s
        return now_s - self._answered_s

    def budgets(self) -> dict[str, float]:
        """Return, for each objective on `call_ok_share`, the share of the whole run's error budget that is spent.

        The budget is the failing share that the objective allows, of as many calls as the run will make at this pace.
        """
        through = min(max(self._clock.now() / self._duration_s, 0.0), 1.0)
        return {
            name: failing / allowed * through
            for name, of, allowed in self._allowed
            if (failing := self._failing_share(of)) > 0.0
        }

    def _failing_share(self, of: str) -> float:
        counts = self._meter.counts(of)
        return 1.0 - counts.ok / counts.ended if counts.ended else 0.0

    def calls(self, client: str, begin_s: float, end_s: float) -> Rows:
        """Return the calls of a client that ended in between, as far back as LOOK_S."""
        return self._meter.window(f"client/{client}", begin_s, end_s)

    def client(self, name: str) -> ClientNow:
        """Return how a client does."""
        now_s = self._clock.now()
        rows = self._meter.window(f"client/{name}", now_s - SEEN_S, now_s)
        failed = rows[rows["outcome"] != OUTCOMES.index("ok")]
        last = REASONS[int(failed["reason"][-1])] if len(failed) else ""
        seen_s = max(min(SEEN_S, now_s - self._began_s), 1.0)
        return ClientNow(name, len(rows) / seen_s, (len(rows) - len(failed)) / seen_s, last)
