"""A service that believes the gateway, and nobody else, whose request it is: it checks the signature of the tenant."""

import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Orders(BaseHTTPRequestHandler):
    """Answers with what the gateway says of the client, if the tenant is signed with FUNCTION_TENANT_KEY."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Check the signature and answer."""
        tenant = self.headers.get("x-tenant", "")
        key = os.environ["FUNCTION_TENANT_KEY"].encode()
        expected = hmac.digest(key, tenant.encode(), "sha256").hex()
        genuine = hmac.compare_digest(expected, self.headers.get("x-tenant-signature", ""))
        if genuine:
            self._answer(200, {"path": self.path, "tenant": tenant, "user": self.headers.get("x-user")})
        elif self.path == "/health":
            self._answer(200, {"healthy": True, "user": self.headers.get("x-user")})
        else:
            self._answer(403, {"error": "not signed"})

    def _answer(self, status: int, value: dict[str, object]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Orders)
    print(server.server_port, flush=True)
    server.serve_forever()
