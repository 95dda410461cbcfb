"""A double of Fission's router, written from its documented paths; not the router itself.

It knows `/fission-function/NAME` for the namespace `default`, `/fission-function/NAMESPACE/NAME` for others, and the
prefix `/shop/` of an HTTP trigger. Every function answers with what it was asked.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FUNCTIONS = {
    "/fission-function/resize": "default/resize",
    "/fission-function/finance/figures:live": "finance/figures:live",
    "/shop": "default/shop",
}


class Router(BaseHTTPRequestHandler):
    """Finds the function of a path, and hands it what is behind."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Answer any method."""
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length).decode(errors="replace")
        path, _, query = self.path.partition("?")
        for place, function in FUNCTIONS.items():
            if path == place or path.startswith(f"{place}/"):
                told = {"function": function, "method": self.command, "path": path[len(place) :] or "/"}
                return self._send(200, {**told, "query": query, "body": body, "headers": dict(self.headers.items())})
        return self._send(404, {"error": "no such function"})

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def _send(self, status: int, told: dict[str, object]) -> None:
        print(json.dumps(told), file=sys.stderr, flush=True)
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Router)
    print(server.server_port, flush=True)
    server.serve_forever()
