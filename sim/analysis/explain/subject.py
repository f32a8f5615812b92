"""What a story can be about, and what to say when it is about nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sim.errors import UsageError
from sim.spec.wording import unknown

if TYPE_CHECKING:
    from sim.record import Journal

__all__ = ["known_names", "parse_subject", "require"]

_CALL = re.compile(r"(?:client/)?([a-z0-9-]+)#(\d+)")
_THING = re.compile(r"(pod|node)/(\S+)")


def parse_subject(subject: str) -> tuple[str, str]:
    """Split `pod/NAME` and `node/NAME` into (kind, name), `client#number` into (client, number).

    Raises UsageError for anything else.
    """
    match = _THING.fullmatch(subject) or _CALL.fullmatch(subject)
    if match is None:
        raise UsageError(
            f"--explain: '{subject}' is no subject; accepted: "
            "CLIENT#NUMBER (a call, such as users#17), pod/NAME, node/NAME"
        )
    return match[1], match[2]


def known_names(journal: Journal, kind: str) -> tuple[str, ...]:
    """Return the pods or nodes that a journal mentions, in the order of their first mention."""
    prefix = f"{kind}/"
    mentioned = dict.fromkeys(row.subject for rows in (journal.samples, journal.events) for row in rows)
    return tuple(subject.removeprefix(prefix) for subject in mentioned if subject.startswith(prefix))


def require(name: str, what: str, known: tuple[str, ...]) -> None:
    """Raise UsageError unless `name` is one of the known ones."""
    if name not in known:
        raise UsageError(f"--explain: {unknown(name, f'{what} of this run', known)}")
