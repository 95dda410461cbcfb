"""Header changes to Envoy's messages."""

from envoy.config.core.v3 import base_pb2

from gloo.envoy.message import Message
from gloo.envoy.route import HeaderAction, HeaderChange

_ACTIONS: dict[HeaderAction, int] = {
    "set": base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD,
    "append": base_pb2.HeaderValueOption.APPEND_IF_EXISTS_OR_ADD,
    "set_if_absent": base_pb2.HeaderValueOption.ADD_IF_ABSENT,
}


def header_change(change: HeaderChange) -> Message:
    """Return a `HeaderValueOption`. Envoy reads every value as a format, so a percent sign of plain text is doubled."""
    value = change.value if change.format else change.value.replace("%", "%%")
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=change.name, value=value),
        append_action=_ACTIONS[change.action],
        keep_empty_value=True,
    )
