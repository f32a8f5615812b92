"""Weatherglass: forecast what a failure will do to a cluster, and compare what could be done about it.

    import sim
    comparison = sim.compare("k3s-audit", replications=10)    # tables, .plot(), .to_pandas()
    run = sim.simulate("k3s-audit", "p1", seed=3)             # one journal: .plot(), .explain("node/styx")
    survey = sim.compare_policies(policies=["none", "grpc"])  # under the standard adversities: .plot("brown-out")
    document = sim.load("my.yaml")                            # wherever a name or path can stand, it can too

The words below are loaded when first used, so that `import sim.policy` loads no simulator.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim import policy as policies
    from sim.spec.load import load
    from sim.spec.sweep import sweep
    from sim.study import compare, simulate
    from sim.suite import compare_policies

__all__ = ["__version__", "compare", "compare_policies", "load", "policies", "simulate", "sweep"]

__version__ = "0.1.0"

_HOMES = {
    "load": ("sim.spec.load", "load"),
    "simulate": ("sim.study", "simulate"),
    "compare": ("sim.study", "compare"),
    "compare_policies": ("sim.suite", "compare_policies"),
    "sweep": ("sim.spec.sweep", "sweep"),
    "policies": ("sim.policy", None),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    module, word = _HOMES[name]
    value = import_module(module) if word is None else getattr(import_module(module), word)
    globals()[name] = value  # the next look finds it without coming here
    return value


def __dir__() -> list[str]:
    return list(__all__)
