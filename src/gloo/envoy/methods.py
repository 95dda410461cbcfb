"""The methods that Envoy takes; an own file, as both the checks of a route and the offline answer ask."""

METHODS = frozenset(
    (
        *("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PURGE", "LINK", "UNLINK", "SOURCE"),
        *("PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "ACL", "BIND"),
        *("UNBIND", "REBIND", "CHECKOUT", "MERGE", "MKACTIVITY", "MKCALENDAR", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE"),
    )
)
"""What Envoy 1.40 takes over HTTP/1.1 with a path: found by asking it."""
