"""An archive with a JSON API: a document comes with its files in base64."""

import base64
import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

NUMBERS = count(1)


class Archive(BaseHTTPRequestHandler):
    """Takes ``POST /documents`` and answers with the number of the document and the digests of its files."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Store the document, and print what there is of it."""
        document = json.loads(self.rfile.read(int(self.headers["content-length"])))
        contents = [base64.b64decode(file.pop("content"), validate=True) for file in document["files"]]
        digests = [hashlib.sha256(content).hexdigest() for content in contents]
        print(json.dumps(document), flush=True)
        self._answer(201, {"id": next(NUMBERS), "document": document, "digests": digests})

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Archive)
    print(server.server_port, flush=True)
    server.serve_forever()
