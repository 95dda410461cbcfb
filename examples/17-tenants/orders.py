"""A service for many tenants: it trusts the gateway to say whose request it is, and checks the signature of that."""

import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Orders(BaseHTTPRequestHandler):
    """Answers with the tenant and the path, if both are signed with FUNCTION_TENANT_KEY."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Check the signature and answer."""
        tenant = self.headers.get("x-tenant", "")
        signed = f"{tenant} {self.headers.get('x-signed-at', '')} {self.path}".encode()
        expected = hmac.digest(os.environ["FUNCTION_TENANT_KEY"].encode(), signed, "sha256").hex()
        genuine = hmac.compare_digest(expected, self.headers.get("x-tenant-signature", ""))
        body = json.dumps({"tenant": tenant, "path": self.path} if genuine else {"error": "not signed"}).encode()
        self.send_response(200 if genuine else 403)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Orders)
    print(server.server_port, flush=True)
    server.serve_forever()
