"""Route values to Envoy's messages."""

import re

from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.type.matcher.v3 import metadata_pb2, regex_pb2, string_pb2
from envoy.type.matcher.v3 import value_pb2 as metadata_value_pb2
from google.protobuf import wrappers_pb2

from gloo.envoy.cookie_match import cookie_field
from gloo.envoy.function_headers import by_the_route, set_by_the_route
from gloo.envoy.header_change import header_change
from gloo.envoy.message import Message, serialize
from gloo.envoy.query_match import query_pattern
from gloo.envoy.route import EVENT_NAMESPACE, MOST_BODY, Forward, PathMatch, Route, RouteMatch, ValueMatch
from gloo.envoy.route_action import set_action, set_filters
from gloo.envoy.snapshot import Reference, Resource, ResourceType
from gloo.envoy.wire import framed, tag


def route_bytes(route: Route) -> bytes:
    """Serialise *route*."""
    return serialize(_route(route))


def virtual_host_bytes(name: str, domains: tuple[str, ...], fields: bytes) -> bytes:
    """Serialise a virtual host; *fields* is what `gloo.envoy.route_tree.route_fields` made of its routes."""
    named = framed(_HOST_NAME, name.encode())
    return named + b"".join([framed(_HOST_DOMAINS, domain.encode()) for domain in domains]) + fields


_HOST_NAME = tag(route_components_pb2.VirtualHost, "name")
_HOST_DOMAINS = tag(route_components_pb2.VirtualHost, "domains")
_VIRTUAL_HOSTS = tag(route_pb2.RouteConfiguration, "virtual_hosts")


def route_configuration(name: str, virtual_hosts: tuple[bytes, ...], needs: frozenset[Reference]) -> Resource:
    """Put a route configuration together from serialised virtual hosts."""
    head = serialize(
        route_pb2.RouteConfiguration(
            name=name,
            validate_clusters=wrappers_pb2.BoolValue(value=False),
            ignore_port_in_host_matching=True,
            max_direct_response_body_size_bytes=wrappers_pb2.UInt32Value(value=MOST_BODY),
        )
    )
    hosts = b"".join([framed(_VIRTUAL_HOSTS, host) for host in virtual_hosts])
    return Resource(ResourceType.ROUTE, name, head + hosts, needs)


def _route(route: Route) -> Message:
    route, of_function = by_the_route(route)
    message = route_components_pb2.Route(name=route.name)
    _set_match(message.match, route.match)
    set_action(message, route.action)
    if isinstance(route.action, Forward) and (held := route.action.held_bytes):
        message.request_body_buffer_limit.value = held
    if route.request_headers:
        message.request_headers_to_add.extend(header_change(change) for change in route.request_headers)
    if route.response_headers:
        message.response_headers_to_add.extend(header_change(change) for change in route.response_headers)
    if removed := route.request_headers_removed:
        message.request_headers_to_remove.extend(removed)
    if removed := route.response_headers_removed:
        message.response_headers_to_remove.extend(removed)
    set_by_the_route(message, of_function)
    for namespace, values in route.metadata:
        message.metadata.filter_metadata[namespace].update(values)
    set_filters(message, route.filters)
    return message


def _set_match(message: Message, match: RouteMatch) -> None:
    _set_path(message, match.path)
    if match.methods:
        message.headers.append(_method_match(match.methods))
    if match.headers:
        message.headers.extend(_header_match(each) for each in match.headers)
    if match.metadata:
        message.dynamic_metadata.extend(_metadata_match(each) for each in match.metadata)
    if match.query:
        _set_query(message, match.query)
    for cookie in match.cookies:
        message.MergeFromString(cookie_field(cookie))


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


def _metadata_match(match: ValueMatch) -> Message:
    if match.kind == "present":
        value = metadata_value_pb2.ValueMatcher(present_match=True)
    else:
        value = metadata_value_pb2.ValueMatcher(string_match=_string_match(match))
    path = [metadata_pb2.MetadataMatcher.PathSegment(key=match.name)]
    return metadata_pb2.MetadataMatcher(filter=EVENT_NAMESPACE, path=path, value=value, invert=match.invert)


def _set_query(message: Message, query: tuple[ValueMatch, ...]) -> None:
    for match in query:
        if match.invert and match.kind != "present":
            message.headers.append(_header_match(ValueMatch(":path", "regex", query_pattern(match), invert=True)))
        else:
            message.query_parameters.append(_query_match(match))


def _query_match(match: ValueMatch) -> Message:
    if match.kind == "present":
        return route_components_pb2.QueryParameterMatcher(name=match.name, present_match=not match.invert)
    return route_components_pb2.QueryParameterMatcher(name=match.name, string_match=_string_match(match))
