"""Stands in for a function app: its function `Order` takes a few keys, and tells which of them came."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class App(BaseHTTPRequestHandler):
    """Answers 200 with the number of the key, or 401 to any other one."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Look at the key and answer."""
        key = self.headers.get("x-functions-key", "")
        known = self.path == "/api/Order" and key in sys.argv[2:]
        answer = {"key": sys.argv[2:].index(key) + 1} if known else {"error": "no key that is known"}
        body = json.dumps(answer).encode()
        self.send_response(200 if known else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - named by its base
        """Write nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), App)
    print(server.server_port, flush=True)
    server.serve_forever()
