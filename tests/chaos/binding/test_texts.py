from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from chaos.binding.texts import GuardianUrl, Hours, KubeName, Text, ToxiName, Url


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Url, "http://127.0.0.1:8474"),
        (Url, "https://shop.example.org/a?b=c"),
        (Url, "http://[::1]:80/"),
        (GuardianUrl, "unix:/run/guardian.sock"),
        (GuardianUrl, "http://10.0.0.1:8475"),
        (KubeName, "worker-1.example.org"),
        (ToxiName, "client_to.Front-1"),
        (Hours, "22:00-06:00"),
        (Hours, "00:00-24:00"),
        (Text, "a b"),
    ],
)
def test_a_text_of_its_form_is_taken_as_it_is(kind, text):
    """Nothing is stripped or changed."""
    assert TypeAdapter(kind).validate_python(text) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Url, "http://user:secret@h/"),
        (Url, "ftp://h"),
        (Url, "http://"),
        (Url, "http://h\n"),
        (GuardianUrl, "https://h"),
        (GuardianUrl, "unix:relative"),
        (KubeName, "-a"),
        (KubeName, "a" * 254),
        (ToxiName, "a/b"),
        (ToxiName, "a\n"),
        (Hours, "24:00-25:00"),
        (Hours, "8:00-9:00"),
        (Text, " "),
    ],
)
def test_another_form_is_refused_in_words(kind, text):
    """The message says what is accepted."""
    with pytest.raises(ValidationError, match="accepted: "):
        TypeAdapter(kind).validate_python(text)
