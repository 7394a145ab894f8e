"""A collector of OpenTelemetry's on loopback: it takes spans and log records over HTTP.

As a real one does: spans in protobuf, logs in JSON, read by the protocol's own definitions.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector(HTTPServer):
    """Takes what is sent, as an OpenTelemetry collector would."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.spans: list[Any] = []
        self.logs: list[str] = []  # what its file exporter would write, a line each
        self.status = 200
        self.answer = b""

    @property
    def url(self) -> str:
        """The endpoint that a bot is given."""
        return f"http://127.0.0.1:{self.server_port}"


class _Take(BaseHTTPRequestHandler):
    server: Collector

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.server.status == 200:
            self._take(body)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def _take(self, body: bytes) -> None:
        if self.path == "/v1/logs":
            assert self.headers["Content-Type"] == "application/json"
            told = json_format.ParseDict(json.loads(body), ExportLogsServiceRequest())
            assert told.resource_logs[0].scope_logs[0].log_records
            self.server.logs.append(json.dumps(json.loads(body)))
            return
        assert self.path == "/v1/traces"
        sent = ExportTraceServiceRequest.FromString(body)
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens."""
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
