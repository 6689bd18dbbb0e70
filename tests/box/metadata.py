"""Stands in for the instance's metadata service, version 2: a token, then a notice or none."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

TOKEN = "a-token"
NOTICE = "/latest/meta-data/spot/instance-action"


class Metadata(ThreadingHTTPServer):
    """A server of this machine. ``asked``: the statuses of its answers, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[int] = []
        self.taken = False
        self.token = TOKEN

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def take_away(self) -> None:
        """From now on there is a notice."""
        self.taken = True

    def __enter__(self) -> Metadata:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.shutdown()
        self.server_close()


class _Answers(BaseHTTPRequestHandler):
    server: Metadata

    def do_PUT(self) -> None:
        asked = self.path == "/latest/api/token"
        seconds = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        self._answer(200, self.server.token) if asked and seconds else self._answer(400, "")

    def do_GET(self) -> None:
        if self.headers.get("X-aws-ec2-metadata-token") != self.server.token:
            self._answer(401, "")
        elif self.path == NOTICE and self.server.taken:
            self._answer(200, '{"action": "terminate", "time": "2026-01-01T06:02:00Z"}')
        elif self.path.endswith("/instance-id"):
            self._answer(200, "i-0123456789abcdef0")
        else:
            self._answer(404, "")

    def _answer(self, status: int, text: str) -> None:
        self.server.asked.append(status)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""
