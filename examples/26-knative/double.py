"""A double of a Knative cluster's gateway, written from its documented contract; not the gateway itself.

It tells services apart by the host that they are asked for. A service is started by its first request, which takes a
second. Every service answers with what it was asked.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

SERVICES = {"price.shop.example.org", "next-price.shop.example.org", "orders.sales.example.org"}


class Gateway(BaseHTTPRequestHandler):
    """Finds the service of a host."""

    protocol_version = "HTTP/1.1"
    started: ClassVar[set[str]] = set()

    def answer(self) -> None:
        """Answer any method."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        host = self.headers.get("host", "")
        if host not in SERVICES:
            return self._send(404, {"error": "no such service"})
        if host not in self.started:
            time.sleep(1)
            self.started.add(host)
        headers = {key.lower(): value for key, value in self.headers.items()}
        return self._send(200, {"method": self.command, "path": self.path, "body": body, "headers": headers})

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def _send(self, status: int, told: dict[str, object]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gateway)
    print(server.server_port, flush=True)
    server.serve_forever()
