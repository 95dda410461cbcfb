"""Stands in for the gateway of OpenFaaS on this machine: lists the functions in a folder's file, and calls them.

Each line of ``functions.txt`` beside this script is the name of a function; edit it while everything runs.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LIST = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).with_name("functions.txt")


def names() -> list[str]:
    """Return the functions that there are now."""
    return LIST.read_text().split()


class Faas(BaseHTTPRequestHandler):
    """``/system/functions`` and ``/function/NAME``, and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/system/functions":
            self._answer(200, [{"name": name, "namespace": "openfaas-fn"} for name in names()])
            return
        _, kind, name, *rest = self.path.partition("?")[0].split("/")
        if kind == "function" and name in names():
            self._answer(200, {"function": name, "path": "/" + "/".join(rest)})
        else:
            self._answer(404, {"error": f"no function {name}"})

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Faas)
    print(server.server_port, flush=True)
    server.serve_forever()
