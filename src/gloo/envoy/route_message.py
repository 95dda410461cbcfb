"""Route values to Envoy's messages."""

import re

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.type.matcher.v3 import regex_pb2, string_pb2
from google.protobuf import wrappers_pb2

from gloo.envoy.message import Message, duration, packed, serialize
from gloo.envoy.route import DirectResponse, FilterConfigs, Forward, HeaderChange, PathMatch, Route, Target, ValueMatch
from gloo.envoy.snapshot import Reference, Resource, ResourceType

APPEND = base_pb2.HeaderValueOption.APPEND_IF_EXISTS_OR_ADD
OVERWRITE = base_pb2.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD


def route_bytes(route: Route) -> bytes:
    """Serialise *route*."""
    return serialize(_route(route))


def virtual_host_bytes(name: str, domains: tuple[str, ...], fields: bytes) -> bytes:
    """Serialise a virtual host; *fields* is what `gloo.envoy.route_tree.route_fields` made of its routes."""
    return serialize(route_components_pb2.VirtualHost(name=name, domains=domains)) + fields


def route_configuration(name: str, virtual_hosts: tuple[bytes, ...], needs: frozenset[Reference]) -> Resource:
    """Put a route configuration together from serialised virtual hosts."""
    head = serialize(
        route_pb2.RouteConfiguration(
            name=name, validate_clusters=wrappers_pb2.BoolValue(value=False), ignore_port_in_host_matching=True
        )
    )
    return Resource(ResourceType.ROUTE, name, head + _repeated(_VIRTUAL_HOSTS_FIELD, virtual_hosts), needs)


_VIRTUAL_HOSTS_FIELD: int = route_pb2.RouteConfiguration.DESCRIPTOR.fields_by_name["virtual_hosts"].number


def _repeated(field: int, messages: tuple[bytes, ...]) -> bytes:
    """Encode *messages* as a repeated field (protobuf wire format: tag, length, bytes)."""
    tag = _varint(field << 3 | 2)
    return b"".join(part for message in messages for part in (tag, _varint(len(message)), message))


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _route(route: Route) -> Message:
    message = route_components_pb2.Route(name=route.name)
    _set_path(message.match, route.match.path)
    if route.match.methods:
        message.match.headers.append(_method_match(route.match.methods))
    message.match.headers.extend(_header_match(match) for match in route.match.headers)
    message.match.query_parameters.extend(_query_match(match) for match in route.match.query)
    if isinstance(route.action, Forward):
        _set_forward(message, route.action)
    else:
        _set_direct_response(message, route.action)
    message.response_headers_to_add.extend(_header_change(change) for change in route.response_headers)
    _set_filters(message, route.filters)
    return message


def _set_path(match: Message, path: PathMatch) -> None:
    if path.kind == "prefix":
        match.prefix = path.value
    elif path.kind == "segment_prefix":
        match.path_separated_prefix = path.value
    elif path.kind == "exact":
        match.path = path.value
    else:
        match.safe_regex.regex = path.value
    if not path.case_sensitive:
        match.case_sensitive.value = False


def _string_match(match: ValueMatch) -> Message:
    if match.kind == "regex":
        return string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=match.value))
    return string_pb2.StringMatcher(**{match.kind: match.value})


def _method_match(methods: tuple[str, ...]) -> Message:
    if len(methods) == 1:
        return _header_match(ValueMatch(":method", "exact", methods[0]))
    return _header_match(ValueMatch(":method", "regex", "|".join(re.escape(method) for method in methods)))


def _header_match(match: ValueMatch) -> Message:
    if match.kind == "present":
        return route_components_pb2.HeaderMatcher(name=match.name, present_match=True, invert_match=match.invert)
    return route_components_pb2.HeaderMatcher(
        name=match.name,
        string_match=_string_match(match),
        invert_match=match.invert,
        treat_missing_header_as_empty=match.invert,  # what is not there is not equal either
    )


def _query_match(match: ValueMatch) -> Message:
    if match.kind == "present":
        return route_components_pb2.QueryParameterMatcher(name=match.name, present_match=True)
    return route_components_pb2.QueryParameterMatcher(name=match.name, string_match=_string_match(match))


def _set_forward(message: Message, action: Forward) -> None:
    forward = message.route
    if len(action.targets) == 1:
        target = action.targets[0]
        forward.cluster = target.cluster
        _set_filters(message, target.filters)
        message.request_headers_to_add.extend(_header_change(change) for change in target.request_headers)
        if target.host_rewrite:
            forward.host_rewrite_literal = target.host_rewrite
    else:
        forward.weighted_clusters.clusters.extend(_weighted(target) for target in action.targets)
    if action.prefix_rewrite is not None:
        forward.prefix_rewrite = action.prefix_rewrite
    if action.regex_rewrite is not None:
        forward.regex_rewrite.pattern.regex, forward.regex_rewrite.substitution = action.regex_rewrite
    if any(target.auto_host_rewrite for target in action.targets):
        forward.auto_host_rewrite.value = True
    if action.timeout is not None:
        forward.timeout.CopyFrom(duration(action.timeout))


def _weighted(target: Target) -> Message:
    message = route_components_pb2.WeightedCluster.ClusterWeight(name=target.cluster)
    message.weight.value = target.weight
    message.request_headers_to_add.extend(_header_change(change) for change in target.request_headers)
    if target.host_rewrite:
        message.host_rewrite_literal = target.host_rewrite
    _set_filters(message, target.filters)
    return message


def _set_direct_response(message: Message, action: DirectResponse) -> None:
    message.direct_response.status = action.status
    if action.body:
        message.direct_response.body.inline_string = action.body
    message.response_headers_to_add.append(_header_change(HeaderChange("content-type", action.content_type)))


def _header_change(change: HeaderChange) -> Message:
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=change.name, value=change.value),
        append_action=APPEND if change.append else OVERWRITE,
        keep_empty_value=True,
    )


def _set_filters(message: Message, filters: FilterConfigs) -> None:
    for name, config in filters:
        message.typed_per_filter_config[name].CopyFrom(packed(config))
