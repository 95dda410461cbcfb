"""A double of the API of a Kubernetes cluster, written from its documented interface: lists of objects, in pages."""

from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gloo.model.base import Json

TOKEN = "token-of-a-service-account"


def cluster_of(
    kind: str, objects: Mapping[str, Sequence[Json]], *, size: int = 200, token: str = TOKEN
) -> Callable[[Request], Response | Json]:
    """Return what lists *objects*, which are there by their namespaces, to who has *token*.

    Args:
        kind: group, version and plural, as ``fission.io/v1/functions``.
        size: how many objects a page holds at most.
    """
    group, _, plural = kind.rpartition("/")
    whole = f"/apis/{group}/{plural}"
    parts = {f"/apis/{group}/namespaces/{name}/{plural}": list(each) for name, each in objects.items()}
    lists = {**parts, whole: [each for part in objects.values() for each in part]}

    def say(request: Request) -> Response | Json:
        if token and request.headers.get("authorization") != f"Bearer {token}":
            return _status(401, "Unauthorized")
        if request.url.path not in lists:
            return _status(403, "Forbidden")
        found = lists[request.url.path]
        start = int(request.query_params.get("continue", "0"))
        end = start + min(size, int(request.query_params["limit"]))
        further: dict[str, Json] = {"continue": str(end)} if end < len(found) else {}
        return {"kind": "List", "metadata": {"resourceVersion": "7", **further}, "items": found[start:end]}

    return say


def _status(code: int, reason: str) -> Response:
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    return JSONResponse(told, status_code=code)
