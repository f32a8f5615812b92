"""Both drivers carry out every policy alike: the same decisions, in the same order, at the same times but for lag."""

from __future__ import annotations

from typing import Any

import pytest
from two_arms import difference

from sim.policy import policy_preset_names

BESIDE = ("three-at-once", "hedge", "hedge-breaker", "mesh", "hedged-retries")
SCRIPTS = ("down", "mixed", "silent", "slow", "sick")
RACES = {"three-at-once": ("down", "mixed", "sick")}
"""Which of three copies that end within the same millisecond is heard first, nobody decides."""
TOO_LATE_S = 0.05
"""A difference says nothing where the real arm was so late: breakers and deadlines then decide otherwise, rightly."""


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("policy", [*policy_preset_names(), *BESIDE])
def test_both_arms_agree(arms: dict[str, Any], policy: str, script: str):
    """The real driver decides what the simulated one decides, hears what it hears, and no later than its own lag."""
    told = arms[f"{policy}/{script}"]
    found = None if script in RACES.get(policy, ()) else difference(*told)
    if found is not None and told.lag_s > TOO_LATE_S:
        pytest.skip(f"this machine was too late to tell: {told.lag_s:.3f} s a step")
    assert found is None
