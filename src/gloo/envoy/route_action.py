"""What a route does with a request, written into Envoy's route message."""

from envoy.config.common.mutation_rules.v3 import mutation_rules_pb2
from envoy.config.route.v3 import route_components_pb2
from envoy.extensions.retry.host.previous_hosts.v3 import previous_hosts_pb2
from envoy.type.v3 import percent_pb2

from gloo.envoy.header_change import header_change
from gloo.envoy.message import Message, duration, pack, packed
from gloo.envoy.route import Action, DirectResponse, FilterConfigs, Forward, HeaderChange, Redirect, Target
from gloo.envoy.route_policy import HashPolicy, Mirror, RetryPolicy

_CODES = {
    301: route_components_pb2.RedirectAction.MOVED_PERMANENTLY,
    302: route_components_pb2.RedirectAction.FOUND,
    303: route_components_pb2.RedirectAction.SEE_OTHER,
    307: route_components_pb2.RedirectAction.TEMPORARY_REDIRECT,
    308: route_components_pb2.RedirectAction.PERMANENT_REDIRECT,
}
_PREVIOUS_HOSTS = "envoy.retry_host_predicates.previous_hosts"
_HOST_ATTEMPTS = 5  # how often the balancer is asked again for a host that has not been tried


def set_action(message: Message, action: Action) -> None:
    """Write *action* into *message*, an `envoy.config.route.v3.Route`."""
    if isinstance(action, Forward):
        _set_forward(message, action)
    elif isinstance(action, Redirect):
        _set_redirect(message.redirect, action)
    else:
        _set_direct_response(message, action)


def set_filters(message: Message, filters: FilterConfigs) -> None:
    """Write the filters' own parts of a route, or of one of its weighted clusters."""
    for name, config in filters:
        message.typed_per_filter_config[name].CopyFrom(packed(config))


def _set_forward(message: Message, action: Forward) -> None:
    forward = message.route
    if len(action.targets) == 1:
        target = action.targets[0]
        forward.cluster = target.cluster
        set_filters(message, target.filters)
        if target.request_headers:
            message.request_headers_to_add.extend(header_change(change) for change in target.request_headers)
    else:
        forward.weighted_clusters.clusters.extend(_weighted(target) for target in action.targets)
    _set_host(forward, action)
    if action.prefix_rewrite is not None:
        forward.prefix_rewrite = action.prefix_rewrite
    if action.regex_rewrite is not None:
        forward.regex_rewrite.pattern.regex, forward.regex_rewrite.substitution = action.regex_rewrite
    if action.path_format:
        forward.path_rewrite = action.path_format
    if action.timeout is not None:
        forward.timeout.CopyFrom(duration(action.timeout))
    if action.idle_timeout is not None:
        forward.idle_timeout.CopyFrom(duration(action.idle_timeout))
    if action.retry is not None:
        _set_retry(forward, action.retry)
    if action.mirror is not None:
        forward.request_mirror_policies.append(_mirror(action.mirror))
    if action.hash_policies:
        forward.hash_policy.extend(_hash_policy(policy) for policy in action.hash_policies)
    for upgrade in action.upgrades:
        forward.upgrade_configs.add(upgrade_type=upgrade).enabled.value = True


def _weighted(target: Target) -> Message:
    message = route_components_pb2.WeightedCluster.ClusterWeight(name=target.cluster)
    message.weight.value = target.weight
    message.request_headers_to_add.extend(header_change(change) for change in target.request_headers)
    if target.host_rewrite:
        message.host_rewrite_literal = target.host_rewrite
    set_filters(message, target.filters)
    return message


def _set_host(forward: Message, action: Forward) -> None:
    """Write the host for the upstream: what the one target needs, else what the route says, else the endpoint's own."""
    if len(action.targets) == 1 and action.targets[0].host_rewrite:
        forward.host_rewrite_literal = action.targets[0].host_rewrite
        return
    rewrite = action.host
    if rewrite is None:
        if any(target.auto_host_rewrite for target in action.targets):
            forward.auto_host_rewrite.value = True
    elif rewrite.kind == "literal":
        forward.host_rewrite_literal = rewrite.value
    elif rewrite.kind == "header":
        forward.host_rewrite_header = rewrite.value
    else:
        forward.auto_host_rewrite.value = True


def _set_retry(forward: Message, policy: RetryPolicy) -> None:
    retry = forward.retry_policy
    retry.retry_on = ",".join(policy.on)
    retry.num_retries.value = policy.count
    if policy.per_try is not None:
        retry.per_try_timeout.CopyFrom(duration(policy.per_try))
    if policy.per_try_idle is not None:
        retry.per_try_idle_timeout.CopyFrom(duration(policy.per_try_idle))
    if policy.back_off is not None:
        base, most = policy.back_off
        retry.retry_back_off.base_interval.CopyFrom(duration(base))
        retry.retry_back_off.max_interval.CopyFrom(duration(most))
    retry.retriable_status_codes.extend(policy.statuses)
    if policy.avoid_hosts:
        retry.host_selection_retry_max_attempts = _HOST_ATTEMPTS
        not_again = pack(previous_hosts_pb2.PreviousHostsPredicate())
        retry.retry_host_predicate.add(name=_PREVIOUS_HOSTS, typed_config=not_again)
    if policy.hedge:
        forward.hedge_policy.hedge_on_per_try_timeout = True


def _mirror(mirror: Mirror) -> Message:
    policy = route_components_pb2.RouteAction.RequestMirrorPolicy(cluster=mirror.cluster)
    if mirror.marks:
        policy.disable_shadow_host_suffix_append = True
        policy.request_headers_mutations.extend(
            mutation_rules_pb2.HeaderMutation(append=header_change(mark)) for mark in mirror.marks
        )
    share = policy.runtime_fraction.default_value
    share.numerator, share.denominator = mirror.share, percent_pb2.FractionalPercent.MILLION
    return policy


def _hash_policy(policy: HashPolicy) -> Message:
    message = route_components_pb2.RouteAction.HashPolicy(terminal=policy.terminal)
    if policy.kind == "header":
        message.header.header_name = policy.name
    elif policy.kind == "query":
        message.query_parameter.name = policy.name
    elif policy.kind == "source_ip":
        message.connection_properties.source_ip = True
    else:
        message.cookie.name, message.cookie.path = policy.name, policy.path
        if policy.ttl is not None:
            message.cookie.ttl.CopyFrom(duration(policy.ttl))
    return message


def _set_redirect(message: Message, action: Redirect) -> None:
    message.response_code = _CODES[action.code]
    if action.https:
        message.https_redirect = True
    message.host_redirect = action.host
    message.port_redirect = action.port
    message.strip_query = action.strip_query
    if action.path:
        message.path_redirect = action.path
    if action.prefix is not None:
        message.prefix_rewrite = action.prefix


def _set_direct_response(message: Message, action: DirectResponse) -> None:
    message.direct_response.status = action.status
    if action.body:
        message.direct_response.body.inline_string = action.body
    own = HeaderChange("content-type", action.content_type)
    message.response_headers_to_add.extend(header_change(change) for change in (own, *action.headers))
