"""An issuer of tokens: keys of three kinds, tokens signed by them, and a server for the public parts."""

import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.support.asgi_server import served

ALGORITHMS = ("RS256", "ES256", "EdDSA")


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer; what it signs says *name* in `iss`, is for *audience*, and lasts an hour."""

    name: str = "https://idp.example"
    audience: str = "shop"
    key: str = "1"
    rsa_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    ec_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    ed_key: ed25519.Ed25519PrivateKey = field(default_factory=ed25519.Ed25519PrivateKey.generate)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return its public keys."""
        n, p = self.rsa_key.public_key().public_numbers(), self.ec_key.public_key().public_numbers()
        numbers = {"n": base64url(n.n.to_bytes(256, "big")), "e": base64url(n.e.to_bytes(3, "big"))}
        point = {"x": base64url(p.x.to_bytes(32, "big")), "y": base64url(p.y.to_bytes(32, "big"))}
        edwards = {"crv": "Ed25519", "x": base64url(self.ed_key.public_key().public_bytes_raw())}
        return {
            "keys": [
                {"kty": "RSA", "kid": f"RS256-{self.key}", "alg": "RS256", **numbers},
                {"kty": "EC", "kid": f"ES256-{self.key}", "alg": "ES256", "crv": "P-256", **point},
                {"kty": "OKP", "kid": f"EdDSA-{self.key}", "alg": "EdDSA", **edwards},
            ]
        }

    def token(self, algorithm: str = "ES256", **claims: object) -> str:
        """Return a token; *claims* are added to the usual ones, one that is None is left out."""
        usual = {"iss": self.name, "aud": self.audience, "sub": "ann", "exp": int(time.time()) + 3600}
        told = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        head = {"alg": algorithm, "typ": "JWT", "kid": f"{algorithm}-{self.key}"}
        signed = f"{_part(head)}.{_part(told)}"
        return f"{signed}.{base64url(self._signature(algorithm, signed.encode()))}"

    def bearer(self, algorithm: str = "ES256", **claims: object) -> dict[str, str]:
        """Return the header with a token."""
        return {"authorization": f"Bearer {self.token(algorithm, **claims)}"}

    def _signature(self, algorithm: str, signed: bytes) -> bytes:
        if algorithm == "none":
            return b""
        if algorithm == "EdDSA":
            return self.ed_key.sign(signed)
        if algorithm == "RS256":
            return self.rsa_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.ec_key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _part(value: Mapping[str, object]) -> str:
    return base64url(json.dumps(value).encode())


@dataclass(slots=True)
class KeyServer:
    """Serves the keys of an issuer, who may be exchanged; without one it answers 503."""

    issuer: Issuer | None
    url: str = ""
    asked: int = 0

    async def answer(self, request: Request) -> Response:
        """Answer one request for the keys."""
        self.asked += 1
        return JSONResponse(self.issuer.jwks()) if self.issuer is not None else Response(status_code=503)


@asynccontextmanager
async def key_server(issuer: Issuer | None) -> AsyncIterator[KeyServer]:
    """Serve the keys of *issuer* below ``/keys`` for the length of a block."""
    server = KeyServer(issuer)
    async with served(Starlette(routes=[Route("/keys", server.answer)])) as server.url:
        yield server
