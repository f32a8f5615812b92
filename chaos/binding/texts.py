"""The kinds of text in a binding, each with its form; an error says what is accepted in words, not as a pattern."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

__all__ = ["Command", "GuardianUrl", "Hours", "KubeName", "Text", "ToxiName", "Url"]


def _form(pattern: str, accepted: str) -> tuple[AfterValidator, WithJsonSchema]:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"accepted: {accepted}")
        return text

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "description": accepted})


_HOST = r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?"  # no user and password: a binding holds no secrets
_DNS = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"  # a subdomain of RFC 1123, as Kubernetes names most things

Text = Annotated[str, *_form(r"(?s).*\S.*", "some text")]
Url = Annotated[str, *_form(rf"https?://{_HOST}(/\S*)?", "a URL such as http://HOST:PORT/path, without a password")]
GuardianUrl = Annotated[str, *_form(rf"http://{_HOST}/?|unix:/\S+", "http://HOST:PORT, or unix:/path of a socket")]
KubeName = Annotated[str, *_form(_DNS, "a name of Kubernetes: lower-case letters, digits, - and .")]
ToxiName = Annotated[str, *_form(r"[A-Za-z0-9_.-]+", "a proxy's name of letters, digits, _ . and -")]
Hours = Annotated[
    str, *_form(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", "hours in UTC such as 08:00-18:00")
]
Command = Annotated[tuple[Text, ...], Field(min_length=1)]
