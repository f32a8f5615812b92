from __future__ import annotations

import pytest

from chaos.lab.errors import LabError
from chaos.lab.invoke import invoke


def test_a_tool_is_given_its_input_and_gives_its_output():
    """As text."""
    assert invoke("cat", given="grüße\n") == "grüße\n"


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("sh", "-c", "echo why >&2; exit 3"), "sh -c echo why >&2; exit 3: exit code 3: why"),
        (("sh", "-c", "echo why; exit 3"), "exit code 3: why"),
        (("no-such-tool", "x"), "no-such-tool x: no-such-tool is not on this machine"),
        (("sleep", "9"), "sleep 9: no end after 0.1 s"),
    ],
)
def test_what_fails_is_said_with_the_command_and_the_tools_words(argv, told):
    """Also a tool that is not there, and one that hangs."""
    with pytest.raises(LabError) as failed:
        invoke(*argv, limit_s=0.1 if argv[0] == "sleep" else 10.0)
    assert told in str(failed.value)
