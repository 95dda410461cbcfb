import asyncio
import logging

import pytest
from structlog.testing import capture_logs

from gloo.proxy.log_lines import LogLine, parse, relay


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("info main starting main dispatch loop", LogLine(logging.INFO, "main", "starting main dispatch loop")),
        ("trace http2 x", LogLine(logging.DEBUG, "http2", "x")),
        ("critical backtrace #0: 0x12", LogLine(logging.CRITICAL, "backtrace", "#0: 0x12")),
        ("warning main caught ENVOY_SIGTERM", LogLine(logging.INFO, "main", "caught ENVOY_SIGTERM")),
        ("error config ", LogLine(logging.ERROR, "config", "")),
    ],
)
def test_level_component_and_message_are_told_apart(line: str, expected: LogLine) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize("line", ["PARSE ERROR: Argument: --x", "", "info", "information is power"])
def test_a_line_past_the_format_is_an_error_and_whole(line: str) -> None:
    assert parse(line) == LogLine(logging.ERROR, "", line)


def stream_of(*chunks: bytes) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    for chunk in chunks:
        stream.feed_data(chunk)
    stream.feed_eof()
    return stream


async def test_each_line_is_logged_with_its_level_and_the_last_errors_are_returned() -> None:
    with capture_logs() as logs:
        errors = await relay(stream_of(b"info main one\nerror config tw", b"o\nplain\n\nwarning x last"))
    assert errors == ("two", "plain")
    assert [(log["log_level"], log["event"], log["component"]) for log in logs] == [
        ("info", "one", "main"),
        ("error", "two", "config"),
        ("error", "plain", "stderr"),
        ("warning", "last", "x"),
    ]


async def test_a_stream_that_closes_is_a_warning_unless_envoy_is_being_stopped() -> None:
    closed = b"warning config DeltaAggregatedResources gRPC config stream to xds_cluster closed: 13, reset\n"
    with capture_logs() as logs:
        await relay(stream_of(closed, b"warning main caught ENVOY_SIGTERM\n", closed))
    assert [log["log_level"] for log in logs] == ["warning", "info", "debug"]


async def test_an_endless_line_takes_no_endless_memory() -> None:
    with capture_logs() as logs:
        await relay(stream_of(b"info main " + b"x" * 300_000 + b"\ninfo main after\n"))
    assert len(logs) > 1
    assert logs[-1]["event"] == "after"


async def test_bytes_that_are_no_text_do_no_harm() -> None:
    with capture_logs() as logs:
        await relay(stream_of(b"info main \xff\xfe\n"))
    assert logs[0]["event"] == "\ufffd\ufffd"


@pytest.mark.parametrize("quote", ['"', '\\"'])
def test_a_key_of_aws_in_a_printed_configuration_is_left_out(quote: str) -> None:
    text = "debug config {'secret_access_key': 'canary/+=', 'session_token': 'canary', 'region': 'eu'}".replace(
        "'", quote
    )
    assert "canary" not in parse(text).message
    assert "eu" in parse(text).message


def test_what_envoy_refuses_is_not_printed() -> None:
    line = r'warning config config rejected: goo.gle/debugonly  \nkey: "hidden"\n: no such thing'
    assert parse(line) == LogLine(logging.WARNING, "config", "config rejected: no such thing")
