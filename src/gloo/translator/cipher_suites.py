"""Cipher suites that are missing: versions of TLS that are allowed, and that nobody can connect by all the same."""

from collections.abc import Iterator

from gloo.model.cipher import KeyKind, TlsVersion, has_suite, suite_for
from gloo.model.ssl_config import SSLConfig
from gloo.model.status import Problem


def lacking_suites(config: SSLConfig, kind: KeyKind | None) -> Iterator[Problem]:
    """Yield what is wrong if no suite is for some versions and a certificate of *kind*; None if that isn't known.

    It is a warning as long as another version is left.
    """
    dead = [version for version in config.versions if not has_suite(version, config.cipher_suites, kind)]
    if not dead:
        return
    some = len(dead) < len(config.versions)
    whom, them = (f"clients of {_told(dead)}", "them") if some else ("clients", _told(dead))
    with_it = f" with an {kind} certificate" if kind and config.cipher_suites else ""
    whose = "these" if config.cipher_suites else "Envoy's own"
    yield Problem(
        field="ssl_config.cipher_suites" if config.cipher_suites else "ssl_config.min_tls_version",
        problem=f"{whom} can't connect: none of {whose} cipher suites is for {them}{with_it}",
        hint=_hint(config, dead, kind),
        warning=some,
    )


def _hint(config: SSLConfig, dead: list[TlsVersion], kind: KeyKind | None) -> str:
    """Return the suites to name; what is named stands in place of Envoy's own, so that TLS 1.2 needs one too."""
    versions = dead if config.cipher_suites else config.versions
    suites = dict.fromkeys(suite_for(version, kind or "ECDSA") for version in reversed(versions) if version < "TLSv1_3")
    named = f"add {_listed(list(suites))}" if config.cipher_suites else f"cipher_suites: [{', '.join(suites)}]"
    return named if kind else f"{named}; with an RSA certificate, RSA in place of ECDSA"


def _told(versions: list[TlsVersion]) -> str:
    return f"TLS {_listed([version.removeprefix('TLSv').replace('_', '.') for version in versions])}"


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
