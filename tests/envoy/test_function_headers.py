from gloo.envoy.function_headers import (
    FUNCTION_HEADERS,
    function_headers,
    function_headers_filter,
    read_function_headers,
)
from gloo.envoy.lua import lua_filter
from gloo.envoy.readable import readable_config
from gloo.envoy.route import HeaderChange


def test_the_headers_are_set_behind_the_program() -> None:
    ours, programs = function_headers_filter(), lua_filter("", "")
    assert ours.disabled
    assert (programs.stage, programs.name) < (ours.stage, ours.name)
    assert ours.name == FUNCTION_HEADERS


def test_a_value_that_may_come_out_empty_removes_what_was_there() -> None:
    config = function_headers([HeaderChange("x-a", "%REQ(x-b)%", format=True), HeaderChange("x-c", "")])
    mutations = [
        {"remove": "x-a"},
        {
            "append": {
                "header": {"key": "x-a", "value": "%REQ(x-b)%"},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        },
        {"remove": "x-c"},
    ]
    assert readable_config(config)["mutations"] == {"request_mutations": mutations}


def test_the_headers_are_read_as_formats() -> None:
    config = function_headers([HeaderChange("x-a", "100%"), HeaderChange("x-b", "")])
    assert read_function_headers(config) == (
        HeaderChange("x-a", "100%%", format=True),
        HeaderChange("x-b", "", format=True),
    )
