"""The policies of the language as one type: PLACEHOLDER until the policy module is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sim.policy.steps import Decisions, Draw, Outcome, Try

__all__ = ["AnyPolicy", "NoRetry", "PolicyRef"]


class NoRetry(BaseModel):
    """One attempt."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["none"] = "none"

    def new_shared(self) -> Any:
        """Return nothing: no state."""
        return None

    def call(self, now_s: float, draw: Draw, shared: Any) -> Decisions:
        """One try."""
        reply = yield Try()
        ok = reply.result == "ok"
        return Outcome("ok" if ok else "unknown" if reply.result == "timeout" else "failed", reply.result, 1)


AnyPolicy = Annotated[NoRetry, Field(discriminator=None)]
PolicyRef = str  # the name of a policy of the file or of a preset
