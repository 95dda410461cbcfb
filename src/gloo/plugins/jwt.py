"""Tokens: which of the providers in the virtual service's `jwt` a route wants one of.

.. code-block:: yaml

    extensions:
      jwt: {require: [idp]}               # a token of idp, else 401; several: a token of each
      # jwt: {any: [idp, partner]}        # a token of one of them
      # jwt: {allow_missing: true}        # of any provider, or none at all; never a bad one
      # jwt: off                          # nobody looks

Envoy verifies the token before anything else is done with the request; `gloo.translator.tokens` joins route and
providers, for only it sees both.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from gloo.envoy.jwt import jwt_filter
from gloo.envoy.query_tokens import query_tokens_filter
from gloo.envoy.stage import HttpFilter
from gloo.model.base import Model
from gloo.model.jwt import Demanded
from gloo.plugins.base import RoutePlugin


class JwtExtension(Model, frozen=True, kw_only=True):
    """What a route demands of its clients."""

    jwt: Annotated[Demanded | None, Meta(description="the tokens that a request must bring; `off` for none")] = None


class JwtDemand(RoutePlugin[JwtExtension]):
    """Reads what a route demands."""

    extension_model: ClassVar[type[Model]] = JwtExtension

    def filters(self) -> tuple[HttpFilter, ...]:
        return (query_tokens_filter(), jwt_filter())
