"""A header change is written so that Envoy reads it as it is meant."""

import pytest
from envoy.config.core.v3.base_pb2 import HeaderValueOption

from gloo.envoy.header_change import header_change
from gloo.envoy.route import HeaderAction, HeaderChange


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("set", "OVERWRITE_IF_EXISTS_OR_ADD"),
        ("append", "APPEND_IF_EXISTS_OR_ADD"),
        ("set_if_absent", "ADD_IF_ABSENT"),
    ],
)
def test_every_action_has_its_name_in_envoy(action: HeaderAction, name: str) -> None:
    message = header_change(HeaderChange("x-a", "b", action))
    assert message.append_action == HeaderValueOption.HeaderAppendAction.Value(name)


def test_a_percent_sign_of_text_is_doubled_and_an_empty_value_kept() -> None:
    assert header_change(HeaderChange("x-a", "5% %")).header.value == "5%% %%"
    assert header_change(HeaderChange("x-a", "%PROTOCOL%", format=True)).header.value == "%PROTOCOL%"
    assert header_change(HeaderChange("x-a", "")).keep_empty_value
