"""What passes is tried again within a bound; what does not is said at once."""

from __future__ import annotations

import pytest

from chaos.deeds import DeedFailed, TargetGone, UndoFailed, attempts
from chaos.deeds.attempts import doing, tried, undoing, until
from chaos.deeds.cordon import Cordon
from chaos.kube import KubeRefused, KubeSilent

DEED = Cordon(node="w-1")


class Answers:
    """Gives its answers one after the other, the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.asked = answers, 0

    def __call__(self):
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(attempts, "PAUSE_S", 0.0)


@pytest.mark.parametrize("status", attempts.PASSING)
def test_what_passes_is_tried_again(status):
    """Silence, a conflict, too many requests and an API server without its datastore are no last word."""
    answers = Answers(KubeSilent("get", "nothing"), KubeRefused("get", status, "", ""), "well")
    assert tried(answers, 60) == "well"
    assert answers.asked == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_what_does_not_pass_is_not_tried_again(status):
    """Who may not today may not in a second either."""
    answers = Answers(KubeRefused("get", status, "Forbidden", ""))
    with pytest.raises(KubeRefused):
        tried(answers, 60)
    assert answers.asked == 1


def test_an_undo_gives_up_within_its_bound():
    """An API server that never answers is not waited for without end; at least one try is made."""
    answers = Answers(KubeSilent("get", "nothing"))
    with pytest.raises(KubeSilent):
        tried(answers, 0)
    assert answers.asked == 1


def test_waiting_returns_the_last_answer_at_its_bound():
    """True as soon as there is one, else whatever was said last."""
    assert until(Answers(0, 0, 7), 60, 0.0) == 7
    assert until(Answers(0), 0, 0.0) == 0


def test_what_goes_wrong_is_the_deeds_failure():
    """A kind of failure that says more is left as it is."""
    with pytest.raises(DeedFailed, match="cordon node w-1"), doing(DEED):
        raise KubeSilent("get", "nothing")
    with pytest.raises(TargetGone), doing(DEED):
        raise TargetGone("gone")


def test_what_cannot_be_undone_says_how_a_person_can(hands):
    """The deed, the cause, and the commands."""
    with pytest.raises(UndoFailed) as failed, undoing(DEED, hands):
        raise KubeSilent("get", "nothing")
    kubeconfig = hands.binding.cluster.kubeconfig
    assert failed.value.by_hand == (f"kubectl --kubeconfig {kubeconfig} --context nowhere uncordon w-1",)
