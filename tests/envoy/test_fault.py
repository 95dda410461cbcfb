"""The fault filter is off where no route asks for faults."""

from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault

from gloo.envoy.fault import FAULT_FILTER, Fault, fault_config, fault_filter


def test_the_filter_is_off_and_has_no_faults_of_its_own() -> None:
    found = fault_filter()
    assert (found.name, found.disabled, found.config.value) == (FAULT_FILTER, True, b"")


def test_what_is_not_asked_for_is_not_there() -> None:
    message = HTTPFault.FromString(fault_config(Fault(abort=(503, 10))).value)
    assert (message.abort.http_status, message.abort.percentage.numerator) == (503, 10)
    assert not message.HasField("delay")
