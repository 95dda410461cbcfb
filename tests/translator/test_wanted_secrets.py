from tests.support.translating import PLUGINS, config_of

from gloo.translator.memo import Memo
from gloo.translator.wanted_secrets import wanted_secrets


def test_only_secrets_that_are_named_are_wanted() -> None:
    config = config_of(
        "{name: a, routes: [], ssl_config: {secret_ref: one}}",
        "{name: b, routes: [], ssl_config: {secret_ref: one, client_ca_secret_ref: two}}",
        "{name: c, routes: [], jwt: {providers: {idp: {issuer: a, jwks: {secret_ref: three}}}}}",
        "{name: plain, type: service, spec: {hosts: [{addr: a.test, port: 80}]}}",
    )
    assert wanted_secrets(config, PLUGINS, Memo()) == {"one", "two", "three"}
