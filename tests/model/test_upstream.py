"""Upstreams and their functions."""

from gloo.model.duration import Duration
from gloo.model.strict import decode_struct, to_builtins
from gloo.model.upstream import Function, ServiceInfo, Upstream


def test_an_upstream_connects_within_five_seconds_unless_it_says_otherwise() -> None:
    assert Upstream(name="a", type="service").connection_timeout == Duration(5 * 10**9)


def test_every_field_reads_back_as_it_was() -> None:
    upstream = Upstream(
        name="a",
        type="service",
        connection_timeout=Duration(10**9),
        spec={"hosts": [{"addr": "x", "port": 1}]},
        functions=(Function(name="f", spec={"path": "/"}),),
        service_info=ServiceInfo(type="REST", properties={"a": 1}),
    )
    assert decode_struct(to_builtins(upstream), Upstream) == (upstream, ())


def test_a_function_may_have_a_name_that_is_no_dns_label() -> None:
    assert decode_struct({"name": "bill:$LATEST"}, Function)[1] == ()
