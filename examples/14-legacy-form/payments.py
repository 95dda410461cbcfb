"""A payment service of long ago: it takes a form, and answers with one."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode


class Payments(BaseHTTPRequestHandler):
    """Takes ``POST /cgi-bin/pay`` with the fields CARD, AMOUNT (in cents) and NOTE."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Book the payment, or say why not."""
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(text).items()}
        if not fields.get("AMOUNT", "").isdigit():
            self._answer(200, {"STATUS": "ERR", "REASON": "bad amount"})
        else:
            self._answer(200, {"STATUS": "OK", "BOOKED": fields["AMOUNT"], "NOTE": fields.get("NOTE", "")})

    def _answer(self, status: int, fields: dict[str, str]) -> None:
        body = urlencode(fields).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-www-form-urlencoded")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Payments)
    print(server.server_port, flush=True)
    server.serve_forever()
