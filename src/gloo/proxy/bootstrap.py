"""Write the bootstrap of an Envoy that gets everything else from us over ADS.

Only names, sockets and limits are in it: whatever users configure comes over xDS, so a bootstrap never
changes while Envoy runs.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from gloo.envoy.later import LATER, LATER_CLUSTER

XDS_CLUSTER = "xds_cluster"

# Each statistic costs memory per cluster and worker (about 100 of them for each cluster if all are kept). Kept are
# those that answer a question: is it up, is it configured, who is calling, who fails, how fast, what is overloaded.
_KEPT_STATISTICS = (
    r"server\.(live|state|uptime|concurrency|version|total_connections|memory_.*|watchdog_.*)",
    r"(cluster_manager|listener_manager|control_plane|overload)\..*",
    r"http\.[^.]+\.downstream_rq_(\dxx|total|active|time|completed|timeout|overload_close)",
    r"http\.[^.]+\.downstream_cx_(total|active|ssl_active|protocol_error)",
    r"http\.[^.]+\.(no_route|no_cluster|rds\..*)",
    r".*\.(lua|jwt_authn|ext_authz|rbac|fault|http_local_rate_limit|ratelimit)\..*",
    r"cluster\..+\.upstream_rq_(\dxx|total|active|time|timeout|retry|pending_overflow)",
    r"cluster\..+\.upstream_cx_(total|active|overflow|connect_fail|connect_timeout)",
    r"cluster\..+\.membership_(healthy|total)",
    r"cluster\..+\.(update_(success|failure|rejected)|health_check\.failure|outlier_detection\.ejections_active)",
    r"(cluster|listener)\..+\.ssl\.(handshake|connection_error|fail_.*)",
    r"listener\..+\.downstream_cx_(total|active|overflow)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """What one Envoy is told at its start.

    Args:
        role: the role whose snapshot it gets.
        name: tells the Envoys of one role apart.
        xds_socket: the Unix socket on which we serve ADS; or ``(host, port)``.
        admin_socket: where Envoy is to open its admin API; keep it in a folder of mode 0700. None is no admin API.
        cluster: Envoy's ``service-cluster``, a label in logs and traces.
        delta: ask for changes only, instead of the state of the world on each change.
        max_connections: the most clients at a time; further ones are refused.
        max_memory: the bytes that Envoy's heap may have; with more, requests are refused and the largest reset.
        statistics: regular expressions of the statistics to keep; empty keeps all.
    """

    role: str
    name: str
    xds_socket: Path | tuple[str, int]
    admin_socket: Path | None
    cluster: str = "gloo"
    delta: bool = True
    max_connections: int = 50_000
    max_memory: int = 2**40
    statistics: tuple[str, ...] = _KEPT_STATISTICS

    @property
    def node_id(self) -> str:
        """The node id, ``ROLE~NAME``: the control plane chooses the snapshot by the part before the tilde."""
        return f"{self.role}~{self.name}"


def bootstrap(settings: Bootstrap) -> str:
    """Return the bootstrap as JSON text (``envoy.config.bootstrap.v3.Bootstrap``)."""
    document: dict[str, object] = {
        "node": {"id": settings.node_id, "cluster": settings.cluster},
        "stats_config": _stats_config(settings.statistics),
        "deferred_stat_options": {"enable_deferred_creation_stats": True},
        # A worker makes its own copy of a cluster when it first sends something there, not of all of them at once.
        "cluster_manager": {"enable_deferred_cluster_creation": True},
        "overload_manager": _overload_manager(settings.max_connections, settings.max_memory),
        "layered_runtime": {"layers": [{"name": "gloo", "static_layer": _RUNTIME}]},
        "bootstrap_extensions": [_INTERNAL_LISTENERS],
        "static_resources": {"clusters": [_xds_cluster(settings.xds_socket), _later_cluster()]},
        "dynamic_resources": _dynamic_resources(delta=settings.delta),
    }
    if settings.admin_socket is not None:
        document["admin"] = {"address": {"pipe": {"path": str(settings.admin_socket), "mode": 0o600}}}
    return json.dumps(document, indent=1)


# Envoy refuses a regular expression whose compiled program is larger than 100 unless told otherwise; RE2 runs in
# linear time, so the control plane's own limit is the one that counts.
_RUNTIME = {"re2.max_program_size.error_level": 1_000_000}


def _stats_config(patterns: tuple[str, ...]) -> dict[str, object]:
    if not patterns:
        return {}
    # One expression for all: Envoy asks each pattern in turn about each of some hundred names per cluster, which took
    # 1.6 of the 3.9 seconds of CPU time that 10,000 clusters cost it.
    return {"stats_matcher": {"inclusion_list": {"patterns": [{"safe_regex": {"regex": "|".join(patterns)}}]}}}


def _overload_manager(max_connections: int, max_memory: int) -> dict[str, object]:
    """Return what Envoy does when there is too much of something (``envoy.config.overload.v3``).

    The heap grows by requests that wait with their bodies. As it nears its limit, clients that are slow get less and
    less time, those requests of HTTP/2 that hold the most are reset, and at last no further ones are taken.
    """
    connections = "downstream_connections.v3.DownstreamConnectionsConfig"
    actions = [
        _action("shrink_heap", {"threshold": {"value": 0.85}}),
        _action("reduce_timeouts", _between(0.85, 0.95), typed_config=_PATIENCE),
        _action("reset_high_memory_stream", _between(0.9, 0.98)),
        _action("stop_accepting_requests", {"threshold": {"value": 0.95}}),
    ]
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            _monitor(
                "global_downstream_max_connections", connections, {"max_active_downstream_connections": max_connections}
            ),
            _monitor(_HEAP, "fixed_heap.v3.FixedHeapConfig", {"max_heap_size_bytes": max_memory}),
        ],
        "actions": actions,
        # Requests with 64 KiB and more are known by what they hold, in eight classes up to 8 MiB.
        "buffer_factory_config": {"minimum_account_to_track_power_of_two": 16},
    }


_HEAP = "fixed_heap"


def _monitor(name: str, message: str, limit: dict[str, object]) -> dict[str, object]:
    kind = f"type.googleapis.com/envoy.extensions.resource_monitors.{message}"
    return {"name": f"envoy.resource_monitors.{name}", "typed_config": {"@type": kind, **limit}}


def _action(name: str, trigger: dict[str, object], **more: object) -> dict[str, object]:
    triggers = [{"name": f"envoy.resource_monitors.{_HEAP}", **trigger}]
    return {"name": f"envoy.overload_actions.{name}", "triggers": triggers, **more}


def _between(first: float, last: float) -> dict[str, object]:
    return {"scaled": {"scaling_threshold": first, "saturation_threshold": last}}


_PATIENCE: dict[str, object] = {
    "@type": "type.googleapis.com/envoy.config.overload.v3.ScaleTimersOverloadActionConfig",
    "timer_scale_factors": [
        {"timer": "HTTP_DOWNSTREAM_CONNECTION_IDLE", "min_timeout": "2s"},
        {"timer": "HTTP_DOWNSTREAM_STREAM_IDLE", "min_timeout": "5s"},
    ],
}


def _xds_cluster(place: Path | tuple[str, int]) -> dict[str, object]:
    address: dict[str, object] = {"pipe": {"path": str(place)}}
    if isinstance(place, tuple):
        address = {"socket_address": {"address": place[0], "port_value": place[1]}}
    endpoint = {"endpoint": {"address": address}}
    return {
        "name": XDS_CLUSTER,
        "type": "STRICT_DNS" if isinstance(place, tuple) else "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": XDS_CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "typed_extension_protocol_options": _over_http2(),
    }


_INTERNAL_LISTENERS = {
    "name": "envoy.bootstrap.internal_listener",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener",
    },
}


def _later_cluster() -> dict[str, object]:
    """Return the way to the listener inside Envoy that makes calls for which no client waits.

    Each request has a connection of its own, and of HTTP/1.1: what breaks one, as a client that cancels it, ends no
    other. Its limits are out of the way: how many calls may be under way, the listener decides, and tells the client.
    """
    endpoint = {"endpoint": {"address": {"envoy_internal_address": {"server_listener_name": LATER}}}}
    limits = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests"), 1_000_000)
    over_http1 = {"explicit_http_config": {"http_protocol_options": {"enable_trailers": True}}}
    one_request = {"common_http_protocol_options": {"max_requests_per_connection": 1}}
    return {
        "name": LATER_CLUSTER,
        "type": "STATIC",
        "connect_timeout": "60s",  # nobody refuses, but a busy worker may come to it late
        "circuit_breakers": {"thresholds": [limits]},
        "load_assignment": {"cluster_name": LATER_CLUSTER, "endpoints": [{"lb_endpoints": [endpoint]}]},
        "typed_extension_protocol_options": _options({**over_http1, **one_request}),
    }


def _over_http2() -> dict[str, object]:
    return _options({"explicit_http_config": {"http2_protocol_options": {}}})


def _options(options: dict[str, object]) -> dict[str, object]:
    name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {name: {"@type": f"type.googleapis.com/{name}", **options}}


def _dynamic_resources(*, delta: bool) -> dict[str, object]:
    # By default a lost stream is tried again after up to 30 s: too long for a control plane that restarts at once.
    backoff = {"base_interval": "0.1s", "max_interval": "2s"}
    # No initial_fetch_timeout: ready is to mean configured, so Envoy waits for its first configuration.
    over_ads = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    return {
        "ads_config": {
            "api_type": "DELTA_GRPC" if delta else "GRPC",
            "transport_api_version": "V3",
            "set_node_on_first_message_only": True,
            "grpc_services": [
                {"envoy_grpc": {"cluster_name": XDS_CLUSTER, "retry_policy": {"retry_back_off": backoff}}}
            ],
        },
        "cds_config": over_ads,
        "lds_config": over_ads,
    }
