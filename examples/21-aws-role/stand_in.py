"""Stands in for AWS's Security Token Service and for Lambda on this machine; takes whatever key."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ROLE = "arn:aws:iam::210987654321:role/shop-gateway"
GRANTED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>not-a-real-key</SecretAccessKey>
<SessionToken>not-a-real-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
REFUSED = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"


class Aws(BaseHTTPRequestHandler):
    """AssumeRole at the root, a function that tells who called it elsewhere."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/":
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            good = (form["RoleArn"], form.get("ExternalId")) == (ROLE, "shop-7")
            self._answer(200 if good else 403, GRANTED if good else REFUSED, "text/xml")
            return
        key = self.headers["authorization"].partition("Credential=")[2].partition("/")[0]
        self._answer(200, json.dumps({"called_with": key}) + "\n", "application/json")

    def _answer(self, status: int, text: str, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.send_header("content-type", kind)
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Aws).serve_forever()
