"""Quantities as people write them: `5s`, `1m30s`, `4GiB`, `500m` CPU, `50/s`, `99.9%`, `1Gbit/s`.

Each `parse_*` takes what stands in a file and returns a float or int in the base unit that its name says, or raises
`ValueError` with what is accepted. The annotated types (`Seconds`, `Share`, …) are what pydantic models use. Numbers
are taken as they are (base unit) from Python; from a file (validation context `{"file": True}`) a bare number other
than 0 is refused where a unit belongs, since nobody can tell what it meant.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints, ValidationInfo, WithJsonSchema

__all__ = [
    "BitsPerS",
    "Bytes",
    "Cpu",
    "Name",
    "Rate",
    "Seconds",
    "Share",
    "parse_bits_per_s",
    "parse_bytes",
    "parse_cpu",
    "parse_duration_s",
    "parse_rate_per_s",
    "parse_share",
    "show_duration",
]

NAME_PATTERN = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=63)]

_TIME = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "y": 31536000.0,
}
_BYTES = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_BITS = {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9}
_PER = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "y": 31536000.0}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_PART = re.compile(rf"({_NUMBER})\s*(ns|us|µs|ms|s|m|h|d|w|y)")


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value):
        raise ValueError("must be finite")
    return float(value)


def parse_duration_s(value: Any) -> float:
    """Return seconds from `5s`, `250ms`, `1m30s`, `3d`; numbers are seconds. Not negative."""
    number = _number(value)
    if number is None:
        text = str(value).strip() if isinstance(value, str) else ""
        parts = _PART.findall(text)
        if not parts or "".join(n + u for n, u in parts) != text.replace(" ", ""):
            raise ValueError("a duration such as 5s, 250ms, 1m30s or 3d")
        number = math.fsum(float(n) * _TIME[u] for n, u in parts)
    if number < 0 or not math.isfinite(number):
        raise ValueError("a duration of at least 0, such as 5s or 250ms")
    return number


def parse_bytes(value: Any) -> int:
    """Return bytes from `256MiB`, `4GiB`, `1KB` (= 1000 B); numbers are bytes."""
    number = _number(value)
    if number is None:
        match = re.fullmatch(rf"({_NUMBER})\s*([KMGT]i?B|B|)", str(value).strip())
        if not match:
            raise ValueError("an amount of memory such as 256MiB or 4GiB")
        number = float(match[1]) * _BYTES[match[2]]
    if number < 0:
        raise ValueError("an amount of memory of at least 0")
    return round(number)


def parse_cpu(value: Any) -> float:
    """Return cores from `500m`, `2`, `0.5`."""
    number = _number(value)
    if number is None:
        match = re.fullmatch(rf"({_NUMBER})(m?)", str(value).strip())
        if not match:
            raise ValueError("an amount of CPU such as 500m, 2 or 0.5")
        number = float(match[1]) / (1000.0 if match[2] else 1.0)
    if number < 0:
        raise ValueError("an amount of CPU of at least 0")
    return number


def parse_rate_per_s(value: Any) -> float:
    """Return events a second from `50/s`, `10/m`, `2/h`, `2/y`; numbers are per second. Greater than 0."""
    number = _number(value)
    if number is None:
        match = re.fullmatch(rf"({_NUMBER})\s*/\s*([smhdy])", str(value).strip())
        if not match:
            raise ValueError("a rate such as 50/s, 10/m or 2/h")
        number = float(match[1]) / _PER[match[2]]
    if not 0 < number < math.inf:
        raise ValueError("a rate greater than 0, such as 50/s")
    return number


def parse_share(value: Any) -> float:
    """Return a share 0..1 from `99.9%` or `0.999`."""
    number = _number(value)
    if number is None:
        match = re.fullmatch(rf"({_NUMBER})\s*%", str(value).strip())
        if not match:
            raise ValueError("a share such as 99.9% or 0.999")
        number = float(match[1]) / 100.0
    if not 0 <= number <= 1:
        raise ValueError("a share between 0% and 100%, such as 99.9% or 0.999")
    return number


def parse_bits_per_s(value: Any) -> float:
    """Return bits a second from `1Gbit/s`, `100Mbit/s`; numbers are bits a second. Greater than 0."""
    number = _number(value)
    if number is None:
        match = re.fullmatch(rf"({_NUMBER})\s*([kMG]?bit/s)", str(value).strip())
        if not match:
            raise ValueError("a bandwidth such as 100Mbit/s or 1Gbit/s")
        number = float(match[1]) * _BITS[match[2]]
    if not 0 < number < math.inf:
        raise ValueError("a bandwidth greater than 0, such as 1Gbit/s")
    return number


def show_duration(seconds: float) -> str:
    """Return seconds as people write them, three significant digits: `250ms`, `5s`, `1m30s`, `2h5m`, `3d`."""
    if seconds < 0:
        return "-" + show_duration(-seconds)
    if seconds < 60:
        for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
            if seconds >= size or unit == "us":
                return f"{seconds / size:.3g}{unit}" if seconds else "0s"
    if seconds < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}m{rest}s" if rest else f"{minutes}m"
    if seconds < 86400:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours}h{rest}m" if rest else f"{hours}h"
    days, rest = divmod(round(seconds / 3600), 24)
    return f"{days}d{rest}h" if rest else f"{days}d"


def _with_unit(parse: Any) -> BeforeValidator:
    def check(value: Any, info: ValidationInfo) -> Any:
        bare = isinstance(value, int | float) and not isinstance(value, bool)
        if bare and value != 0 and info.context and info.context.get("file"):
            try:
                parse("a number without a unit")
            except ValueError as accepted:
                raise ValueError(f"has no unit; accepted: {accepted}") from None
        return parse(value)

    return BeforeValidator(check)


def _written(pattern: str, what: str, *, or_number: bool = False) -> WithJsonSchema:
    """The form in a file, for editors: text with a unit (0 needs none), or a plain number where that has a meaning."""
    text = {"type": "string", "pattern": pattern}
    bare = {"type": "number", "minimum": 0} if or_number else {"const": 0}
    return WithJsonSchema({"description": what, "anyOf": [text, bare]})


_N = r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
_SECONDS = _written(rf"^\s*({_N}\s*(ns|us|µs|ms|s|m|h|d|w|y)\s*)+$", "a duration: 5s, 250ms, 1m30s, 3d")
_RATE = _written(rf"^\s*{_N}\s*/\s*[smhdy]\s*$", "a rate: 50/s, 10/m, 2/h")
_BITRATE = _written(rf"^\s*{_N}\s*[kMG]?bit/s\s*$", "a bandwidth: 100Mbit/s, 1Gbit/s")
_SIZE = _written(rf"^\s*{_N}\s*([KMGT]i?B|B|)\s*$", "an amount of memory: 256MiB, 4GiB")
_CORES = _written(rf"^\s*{_N}m?\s*$", "an amount of CPU: 500m, 2, 0.5", or_number=True)
_SHARE = _written(rf"^\s*{_N}\s*%\s*$", "a share: 99.9% or 0.999", or_number=True)

Seconds = Annotated[float, _with_unit(parse_duration_s), _SECONDS]
Rate = Annotated[float, _with_unit(parse_rate_per_s), _RATE]
BitsPerS = Annotated[float, _with_unit(parse_bits_per_s), _BITRATE]
Bytes = Annotated[int, _with_unit(parse_bytes), _SIZE]
Cpu = Annotated[float, BeforeValidator(parse_cpu), _CORES]
Share = Annotated[float, BeforeValidator(parse_share), _SHARE]
