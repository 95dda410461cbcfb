"""Answers that Envoy gives by itself, put into our words: JSON, with the reason in `x-gloo-error` where it has one."""

from collections.abc import Sequence

from envoy.config.accesslog.v3 import accesslog_pb2
from envoy.config.core.v3 import base_pb2, substitution_format_string_pb2
from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.access_loggers.filters.cel.v3 import cel_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as hcm_pb2
from envoy.type.matcher.v3 import regex_pb2, string_pb2
from google.protobuf import struct_pb2

from gloo.envoy.message import Message, pack

_DENIED = "jwt_authn_access_denied{"
_TOKENS = (
    ("Wrong_requirement_name", 503, "not_ready", "the gateway does not know yet which token this route demands"),
    ("Jwks_remote_fetch_is_failed", 503, "keys_unavailable", "the keys of the issuer can't be fetched"),
    ("Jwt_is_missing", 401, "token_missing", "%LOCAL_REPLY_BODY%"),
    ("Jwt_is_expired", 401, "token_expired", "%LOCAL_REPLY_BODY%"),
    ("", 401, "token_refused", "%LOCAL_REPLY_BODY%"),
)
"""How the details of a refusal begin, and what the client gets. Some of Envoy's own texts tell what is configured."""

_LATE = ("response_timeout", "upstream_per_try_timeout", "stream_idle_timeout", "max_duration_timeout")
"""What Envoy calls it when an upstream takes too long."""

_FAILED = (
    (("UF",), "upstream_unreachable", "the upstream can't be reached"),
    (("UH",), "upstream_unhealthy", "the upstream has no healthy host"),
    (("UO",), "upstream_overloaded", "the upstream has as many requests as it may have"),
    (("UC", "UR", "UPE", "LR"), "upstream_reset", "the upstream broke off"),
    (("NC",), "upstream_unknown", "the upstream is not known to Envoy"),
    (("FI",), "fault_injected", "the route breaks some requests on purpose"),
)
"""How Envoy flags a request that an upstream did not answer, and what the client gets; the status stays."""


def local_replies() -> Message:
    """Return what becomes of the answers that Envoy makes; the first mapper that fits is taken."""
    tokens, failed = (_denied(*each) for each in _TOKENS), (_failed(*each) for each in _FAILED)
    return hcm_pb2.LocalReplyConfig(mappers=[_no_route(), *tokens, _too_large(), _late(), _overloaded(), *failed])


def _no_route() -> Message:
    body = _body(404, "no route matches this request", "no_route")
    return hcm_pb2.ResponseMapper(filter=_flagged("NR"), body_format_override=body)


def _failed(flags: Sequence[str], reason: str, message: str) -> Message:
    """Return the answer for a request with one of *flags*; a gRPC client gets one line of text, which stays."""
    grpc = string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=r"application/grpc([+;].*)?"))
    content_type = route_components_pb2.HeaderMatcher(
        name="content-type", string_match=grpc, invert_match=True, treat_missing_header_as_empty=True
    )
    no_grpc = accesslog_pb2.AccessLogFilter(header_filter=accesslog_pb2.HeaderFilter(header=content_type))
    both = accesslog_pb2.AndFilter(filters=[_flagged(*flags), no_grpc])
    return _mapper(accesslog_pb2.AccessLogFilter(and_filter=both), "%RESPONSE_CODE%", reason, message)


def _flagged(*flags: str) -> Message:
    return accesslog_pb2.AccessLogFilter(response_flag_filter=accesslog_pb2.ResponseFlagFilter(flags=flags))


def _denied(details: str, status: int, reason: str, message: str) -> Message:
    return _told(f"response.code_details.startsWith('{_DENIED}{details}')", status, reason, message)


def _too_large() -> Message:
    which = "response.code_details == 'request_payload_too_large'"
    return _told(which, 413, "too_large", "the body is longer than the gateway keeps")


def _overloaded() -> Message:
    which = "response.code_details == 'overload'"
    return _told(which, 503, "overloaded", "the gateway has no memory left for this request")


def _late() -> Message:
    """Return the answer for an upstream that takes too long, by `timeout`, by `idle_timeout` or in its last try."""
    which = f"response.code == 504 && response.code_details in {list(_LATE)}"
    return _told(which, 504, "upstream_timeout", "the upstream takes too long")


def _told(expression: str, status: int, reason: str, message: str) -> Message:
    """Return what is told in place of an answer of which *expression* (CEL) holds."""
    told = accesslog_pb2.ExtensionFilter(
        name="envoy.access_loggers.extension_filters.cel",
        typed_config=pack(cel_pb2.ExpressionFilter(expression=expression)),
    )
    mapper = _mapper(accesslog_pb2.AccessLogFilter(extension_filter=told), status, reason, message)
    mapper.status_code.value = status
    return mapper


def _mapper(which: Message, status: int | str, reason: str, message: str) -> Message:
    mapper = hcm_pb2.ResponseMapper(filter=which, body_format_override=_body(status, message, reason))
    header = base_pb2.HeaderValue(key="x-gloo-error", value=reason)
    mapper.headers_to_add.append(base_pb2.HeaderValueOption(header=header))
    return mapper


def _body(status: int | str, message: str, reason: str) -> Message:
    body = struct_pb2.Struct()
    body.update({"error": {"status": status, "message": message, "reason": reason}})
    return substitution_format_string_pb2.SubstitutionFormatString(json_format=body)
