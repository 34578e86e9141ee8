"""A server on loopback that speaks the OpenAI protocol and says what it was told to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def serving() -> Iterator["Server"]:
    """A server that answers for the block."""
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


class Server(ThreadingHTTPServer):
    """Answers every request with the same words and status, and keeps what it was sent."""

    words: tuple[str, ...] = ()
    status = 200
    pause = 0.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.seen: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        """Those of the next requests; after them `status` is that of every one."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Answers(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.seen.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else self.server.status)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for word in self.server.words:
            time.sleep(self.server.pause)
            choice = {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")

    def do_GET(self) -> None:
        self.server.seen.append({"path": self.path})
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        pass
