"""What the simulated world cannot do, why, and which options of a scenario that concerns: said before a run."""

from __future__ import annotations

from collections.abc import Mapping

from sim.spec import faults as spec
from sim.spec.load import Document
from sim.spec.scenario import Scenario
from sim.spec.unsupported import Unsupported, unsupported

__all__ = ["NOT_SIMULATED", "not_simulated", "options_not_simulated"]

NOT_SIMULATED: Mapping[type[spec.FaultBase], Unsupported] = {
    spec.DnsFailure: unsupported(
        "simulated clients call services by their addresses: the model has no name look-ups, no caches of answers "
        "and no time-outs of resolvers, so a failing DNS would change nothing"
    ),
    spec.ClockSkew: unsupported(
        "all simulated machines share one clock: the model has no times that one machine writes and another one reads, "
        "such as a lease's renewTime or a certificate's notBefore, so a wrong clock would change nothing"
    ),
}


def not_simulated(scenario: Scenario) -> str | None:
    """Return why a scenario cannot be simulated, in one sentence that names each fault; None: it can."""
    whys = []
    for name, fault in scenario.faults.items():
        row = NOT_SIMULATED.get(type(fault))
        if row is not None:
            whys.append(f"its fault {name} ({fault.kind}) is not in the model: {row.why}")
    return "; ".join(whys) or None


def options_not_simulated(document: Document) -> dict[str, str]:
    """Return the options of a document that cannot be simulated, in the order of the file, each with its reason."""
    whys = {option: not_simulated(document.option(option)) for option in document.options}
    return {option: why for option, why in whys.items() if why is not None}
