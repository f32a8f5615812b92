from __future__ import annotations

import pytest
from good_binding import good_binding
from hypothesis import given
from hypothesis import strategies as st

from chaos.binding import Binding, TargetRefused, Touch

ALLOW = Binding.model_validate(good_binding(), context={"file": True}).allow
LISTED = {
    "namespace": ALLOW.namespaces,
    "node": ALLOW.nodes,
    "link": ALLOW.links,
    "component": ALLOW.components,
    "interpose": ALLOW.interpose,
}


@given(
    kind=st.sampled_from([*LISTED]), name=st.text() | st.sampled_from([n for names in LISTED.values() for n in names])
)
def test_what_is_not_listed_under_its_own_kind_is_refused(kind, name):
    """A node's name among the namespaces allows nothing."""
    if name in LISTED[kind]:
        ALLOW.refuse(Touch(kind, name))
    else:
        with pytest.raises(TargetRefused):
            ALLOW.refuse(Touch(kind, name))


def test_a_refusal_names_the_section_and_what_it_lists():
    """Usage errors end with 2."""
    with pytest.raises(
        TargetRefused, match=r"node worker-1 is not allowed: the binding's allow.nodes names worker-3"
    ) as e:
        ALLOW.refuse(Touch("node", "worker-1"))
    assert e.value.exit_code == 2
