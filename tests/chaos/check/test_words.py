from __future__ import annotations

import pytest

from chaos.check.words import bound
from sim.spec.probes import Probe


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ({"metric": "call_ok_share", "at_least": "99.9%"}, "client/x call_ok_share >= 99.9%"),
        ({"metric": "call_p99_s", "at_most": "250ms"}, "client/x call_p99_s <= 250ms"),
        ({"metric": "attempts_per_call", "at_most": 1.5}, "client/x attempts_per_call <= 1.5"),
        ({"metric": "call_unknown_share", "at_most": 0}, "client/x call_unknown_share <= 0%"),
    ],
)
def test_a_bound_is_said_in_the_unit_of_its_metric(probe, said):
    """As a scenario writes it."""
    assert bound(Probe.model_validate({"of": "client/x"} | probe, context={"file": True})) == said
