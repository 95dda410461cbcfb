"""Stands in for Lambda on this machine: takes calls, signed with whatever key, and runs the functions below."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Event = dict[str, Any]


def greet(event: Event) -> Event:
    """Greet whom the query names; a name that is a number is more than the function can bear."""
    name = event.get("queryStringParameters", {}).get("name", "world")
    if name.isdigit():
        raise ValueError("that is a number")
    return {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": f"hello {name}\n"}


FUNCTIONS = {"greet": greet}


class Lambda(BaseHTTPRequestHandler):
    """The Invoke call of Lambda's interface, and no other."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        function = self.path.split("/")[3].partition(":function:")[2].partition(":")[0]
        if self.headers["x-amz-invocation-type"] == "Event":
            self._answer(202, b"")
            print("later:", FUNCTIONS[function](event), flush=True)
            return
        try:
            self._answer(200, json.dumps(FUNCTIONS[function](event)).encode())
        except Exception as error:  # noqa: BLE001 - a function may raise anything, and Lambda tells which
            told = {"errorType": type(error).__name__, "errorMessage": str(error)}
            self._answer(200, json.dumps(told).encode(), ("x-amz-function-error", "Unhandled"))

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("content-length", str(len(body))), ("content-type", "application/json"), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Lambda).serve_forever()
