"""What functions a Fission has: its objects of the kind Function, by the API of the cluster.

A function of the upstream's own namespace is called by its name, one of another with that: ``report.finance``.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from gloo.model.base import Model
from gloo.model.upstream import Function
from gloo.plugins.discovery import Discovered, Question
from gloo.plugins.kubernetes_listing import Metadata, list_objects

if TYPE_CHECKING:
    import httpx


class _Unread(Struct):
    """Whether a function has instances says nothing: its first call starts one."""


async def list_functions(question: Question[Model], http: "httpx.AsyncClient", *, namespace: str) -> Discovered:
    """Return the functions of *namespace* and of those that the question names; raises as `list_objects`."""
    found: list[Function] = []
    async for each in list_objects(question, http, kind="fission.io/v1/functions", own=namespace, status=_Unread):
        found.append(_function(each.metadata, namespace))
        if question.enough(len(found)):
            break
    return Discovered(tuple(found))


def _function(listed: Metadata, own: str) -> Function:
    elsewhere = {"function_name": listed.name, "namespace": listed.namespace}
    return Function(name=listed.name_from(own), spec={} if listed.namespace == own else elsewhere)
