import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from tests.support.authority import START, Authority, PrivateKey

from gloo.errors import ConfigError
from gloo.model.certificate import read_authorities, read_pair

ROOT = Authority.make()
MIDDLE = Authority.make("Middle", ROOT)
LEAF = MIDDLE.issue("One.test", "*.two.test")


def fault_of(data: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        read_pair(data)
    assert "PRIVATE KEY-----\n" not in str(caught.value)
    return str(caught.value)


def test_a_pair_tells_its_names_and_dates() -> None:
    pair = read_pair(LEAF.data(chain=MIDDLE.certificate))
    assert pair.names == ("one.test", "*.two.test")
    assert pair.not_before == START.timestamp()
    assert pair.not_before < pair.not_after
    assert pair.chain == LEAF.certificate + MIDDLE.certificate
    assert pair.kind == "ECDSA"


@pytest.mark.parametrize("keys", [("tls.crt", "tls.key"), ("ca_chain", "private_key")])
def test_both_spellings_of_the_keys_are_read(keys: tuple[str, str]) -> None:
    assert read_pair({keys[0]: LEAF.certificate, keys[1]: LEAF.private_key}).names == ("one.test", "*.two.test")


def test_the_spelling_of_kubernetes_wins_where_both_are_there() -> None:
    other = MIDDLE.issue("other.test")
    data = {**LEAF.data(), "ca_chain": other.certificate, "private_key": other.private_key}
    assert "one.test" in read_pair(data).names


def test_what_is_not_a_certificate_is_left_out_of_the_chain() -> None:
    pair = read_pair({"tls.crt": f"a note\n{LEAF.certificate}{LEAF.private_key}", "tls.key": LEAF.private_key})
    assert pair.chain == LEAF.certificate


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "has no key 'ca_chain'"),
        ({"tls.crt": LEAF.certificate}, "has no key 'tls.key'"),
        ({"tls.crt": "hello", "tls.key": LEAF.private_key}, "tls.crt is no certificate in PEM form"),
        ({"tls.crt": LEAF.certificate, "tls.key": "hello"}, "tls.key is no private key in PEM form"),
        ({"tls.crt": LEAF.certificate, "tls.key": LEAF.certificate}, "tls.key is no private key in PEM form"),
        (MIDDLE.issue("x.test", passphrase=b"secret").data(), "tls.key is encrypted"),
        (
            {**LEAF.data(), "tls.key": MIDDLE.issue("x.test").private_key},
            "does not belong to the certificate",
        ),
        ({**LEAF.data(), "tls.crt": MIDDLE.certificate + LEAF.certificate}, "belongs to certificate 2 of tls.crt"),
        (LEAF.data(chain=ROOT.certificate), "certificate 2 of tls.crt did not issue certificate 1"),
    ],
)
def test_a_faulty_pair_says_what_is_wrong(data: dict[str, str], said: str) -> None:
    assert said in fault_of(data)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),
        ec.generate_private_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["short RSA", "odd curve", "Ed25519"],
)
def test_a_key_that_envoy_would_refuse_is_refused_here(key: PrivateKey) -> None:
    assert "Envoy can't use" in fault_of(MIDDLE.issue("x.test", key=key).data())


def test_an_rsa_key_of_2048_bits_will_do() -> None:
    assert read_pair(MIDDLE.issue("x.test", key=rsa.generate_private_key(65537, 2048)).data()).names == ("x.test",)


def test_a_certificate_without_names_is_a_pair_all_the_same() -> None:
    assert read_pair(MIDDLE.issue().data()).names == ()


def test_no_key_is_in_the_repr_of_a_pair() -> None:
    assert "PRIVATE" not in repr(read_pair(LEAF.data()))


def test_authorities_are_read_from_ca_crt() -> None:
    both = ROOT.certificate + MIDDLE.certificate
    assert read_authorities({**LEAF.data(), "ca.crt": both}) == both


def test_a_ca_chain_alone_holds_authorities_but_not_beside_a_key() -> None:
    assert read_authorities({"ca_chain": ROOT.certificate}) == ROOT.certificate
    with pytest.raises(ConfigError, match=r"has no key 'ca\.crt'"):
        read_authorities({"ca_chain": LEAF.certificate, "private_key": LEAF.private_key})
