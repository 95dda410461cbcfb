"""Calls that no client waits for, where the gateway makes them: what the client gets, and what the call is made of."""

from gloo.envoy.later import ASK_HEADER, CALL_ID, RUN_HEADER
from gloo.envoy.route import HeaderChange
from gloo.explain.lua_run import Answer
from gloo.explain.placeholders import CALL_ID as ID
from gloo.explain.request import Request
from gloo.explain.rewriting import changed

ACCEPTED = Answer(202, (("content-type", "application/json"), (CALL_ID, ID)), f'{{"call_id":"{ID}"}}'.encode())
"""What the client gets, whatever becomes of the call; only a live Envoy knows the id."""


def as_later(request: Request) -> Request:
    """Return *request* as the call that the gateway makes of it: with an id, and no marks that a client made up."""
    return changed(request, (HeaderChange(CALL_ID, ID, format=True),), (ASK_HEADER, RUN_HEADER))
