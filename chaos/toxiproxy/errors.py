"""What can go wrong with a toxiproxy, by what its user can do about it."""

from __future__ import annotations

from sim.errors import HarnessError, UsageError

__all__ = ["BadToxic", "ReadBackDiffers", "ToxiproxyError", "ToxiproxyRefused", "ToxiproxySilent"]


class BadToxic(UsageError):
    """A toxic that toxiproxy would not survive, or not obey; the text says what is accepted."""


class ToxiproxyError(HarnessError):
    """A call of toxiproxy's API that did not do what it should."""


class ToxiproxyRefused(ToxiproxyError):
    """An answer that is no 2xx: which call, its status, the server's own words."""

    def __init__(self, url: str, call: str, status: int, words: str) -> None:
        super().__init__(url, call, status, words)
        self.url, self.call, self.status, self.words = url, call, status, words

    def __str__(self) -> str:
        return f"toxiproxy {self.url}: {self.call}: status {self.status}: {self.words or 'no words'}"


class ToxiproxySilent(ToxiproxyError):
    """No answer, or not within the limit. Whether the call had an effect is unknown.

    `taken`: somebody took the connection and then said nothing, as a server does whose API hangs. Else nobody is there.
    """

    def __init__(self, url: str, call: str, taken: bool, why: str) -> None:
        super().__init__(url, call, taken, why)
        self.url, self.call, self.taken, self.why = url, call, taken, why

    def __str__(self) -> str:
        return f"toxiproxy {self.url}: {self.call}: {self.why}"


class ReadBackDiffers(ToxiproxyError):
    """A write was answered well, and what is read back is something else."""

    def __init__(self, url: str, what: str, differences: tuple[str, ...]) -> None:
        super().__init__(url, what, differences)
        self.url, self.what, self.differences = url, what, differences

    def __str__(self) -> str:
        return f"toxiproxy {self.url}: {self.what}: read back, it differs: {'; '.join(self.differences)}"
