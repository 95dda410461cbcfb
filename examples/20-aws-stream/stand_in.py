"""Stands in for a Function URL on this machine: answers a signed request with a story, word by word."""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STORY = ["Once", "there", "was", "a", "gateway", "that", "passed", "on", "each", "word", "as", "it", "came."]


class FunctionUrl(BaseHTTPRequestHandler):
    """One function whose answer has no length, since nobody knows how long it will be."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"):
            self.send_error(403)
            return
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for word in STORY:
            self._send(f"{word} ".encode())
            time.sleep(0.2)
        self._send(b"\n")
        self._send(b"")

    def _send(self, part: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        self.wfile.flush()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), FunctionUrl).serve_forever()
