"""A secret that is not there, and one that is there and can't be used, are told apart."""

from tests.support.translating import GATEWAY, PLUGINS, config_of

from gloo.errors import MissingReference
from gloo.model.base import replace
from gloo.model.status import State
from gloo.translator import translate
from gloo.translator.lacking_secrets import lacking_secret

USERS = (
    "name: host\nroutes: []\nssl_config: {secret_ref: broken}\n",
    "name: calls\ntype: aws\nspec: {region: eu-west-1, account_id: '123456789012', secret_ref: broken}\n",
    "name: tokens\ndomains: [t.org]\njwt: {providers: {p: {issuer: i, jwks: {secret_ref: broken}}}}\nroutes: []\n",
)


def test_a_secret_that_does_not_exist_is_waited_for() -> None:
    assert isinstance(lacking_secret("spec", "s"), MissingReference)
    assert str(lacking_secret("spec", "s")) == "spec: there is no secret named 's' (it is used once it exists)"


def test_one_that_is_there_is_named_with_what_is_wrong() -> None:
    assert str(lacking_secret("spec", "s", "s.yaml is not YAML")) == (
        "spec: secret 's': s.yaml is not YAML (it is used once it is mended)"
    )


def test_every_user_of_a_spoilt_secret_says_so() -> None:
    config = replace(config_of(*USERS), spoilt={"broken": "broken.yaml is not a map"})

    for status in translate(config, PLUGINS, gateway=GATEWAY).reports.values():
        assert status.state is State.REJECTED
        assert "secret 'broken': broken.yaml is not a map" in status.reason
