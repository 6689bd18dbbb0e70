"""A proxy before an S3 server that answers some requests with the faults that S3 has."""

from __future__ import annotations

import http.client
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length")


def handler(host: str, port: int, share: float, dice: random.Random) -> type:
    """Passes requests on, but for a share of them."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fate = dice.random()
            if fate < share / 2:  # it never arrived
                return self.answer(503, {}, SLOW_DOWN)
            server = http.client.HTTPConnection(host, port, timeout=60)
            server.request(self.command, self.path, body, dict(self.headers))
            found = server.getresponse()
            data = found.read()
            server.close()
            if fate < share:  # it arrived, and its answer was lost
                return self.answer(503, {}, SLOW_DOWN)
            headers = {k: v for k, v in found.getheaders() if k.lower() not in HOP_BY_HOP}
            if self.command == "HEAD" and found.getheader("Content-Length"):
                headers["Content-Length"] = found.getheader("Content-Length") or "0"
            return self.answer(found.status, headers, data)

        def answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

        def log_message(self, *_: Any) -> None:
            """Nothing: a campaign has thousands of requests."""

    return Handler


@contextmanager
def faulty(host: str, port: int, share: float, seed: int) -> Iterator[str]:
    """The address of a proxy that lets ``share`` of the requests fail."""
    dice = random.Random(seed)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(host, port, share, dice))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
