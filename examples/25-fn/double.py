"""A double of an Fn server, written from its documented interface; not the server itself.

It knows `POST /invoke/ID`, detached or not, and `/t/APP/SOURCE` of HTTP triggers, and lists its one app and what that
has at `/v2`. Every function answers with what it was asked, as its function development kit would see it.
"""

import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

IDS = {"01F4Q0Z8MMNG8G00GZJ0000002": "order"}
TRIGGERS = {"/t/shop/price": "price"}
LISTS = {
    "/v2/apps": [{"id": "01F4Q0Z8MMNG8G00GZJ0000001", "name": "shop"}],
    "/v2/fns": [{"id": key, "name": name} for key, name in IDS.items()],
    "/v2/triggers": [{"name": "price", "type": "http", "source": "/price"}],
}


class Server(BaseHTTPRequestHandler):
    """Finds the function of a path."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Answer any method."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        path, _, query = self.path.partition("?")
        if self.command == "GET" and path in LISTS:
            return self._send(200, {"items": LISTS[path]})
        name = TRIGGERS.get(path)
        if name is None and path.startswith("/invoke/"):
            if self.command != "POST":
                return self._send(405, {"message": "Method not allowed"})
            name = IDS.get(path.removeprefix("/invoke/"))
        if name is None:
            return self._send(404, {"message": "Fn not found"})
        told = {"function": name, "method": self.command, "query": query, "body": body}
        return self._send(200, {**told, "headers": {key.lower(): value for key, value in self.headers.items()}})

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def _send(self, status: int, told: dict[str, object]) -> None:
        print(json.dumps(told), file=sys.stderr, flush=True)
        detached = status == 200 and self.headers.get("fn-invoke-type") == "detached"
        body = b"" if detached else json.dumps(told).encode()
        self.send_response(202 if detached else status)
        self.send_header("fn-call-id", uuid.uuid4().hex)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Server)
    print(server.server_port, flush=True)
    server.serve_forever()
