"""Which of a call's draws is for what. The pause before retry n has number n − 1; the others stand far above.

What is drawn for one purpose must not depend on whether another is used, so that two policies that differ in one part
differ in that part only. Numbers of a layer's calls are hashes of 40 bits (`sim.policy.multiplex`), with bit 40 set.
"""

from __future__ import annotations

__all__ = ["BREAKER", "LIMIT", "THROTTLE"]

THROTTLE = 1 << 41  # one: whether the call is refused
LIMIT = THROTTLE + 1  # one: the jitter of a limit's next probe (Vegas)
BREAKER = 1 << 42  # one for each rest of a breaker that jitters
