"""A collector of OpenTelemetry's traces over OTLP/HTTP."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

SECONDS = 30


@dataclass(frozen=True)
class Told:
    """A received span. `parent` is empty at the root of its trace."""

    trace: str
    id: str
    parent: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    facts: dict[str, Any]
    failed: bool
    message: str
    process: dict[str, Any]


class Collector:
    """The received spans, in order."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.paths: set[str] = set()
        self._spans: list[Told] = []
        self._news = threading.Condition(threading.RLock())

    def take(self, path: str, body: bytes) -> None:
        """Store the spans of a request."""
        found = [*_spans(ExportTraceServiceRequest.FromString(body))]
        with self._news:
            self.paths.add(path)
            self._spans += found
            self._news.notify_all()

    def of_task(self, task_id: str) -> list[Told]:
        """The spans of a task so far."""
        with self._news:
            return [span for span in self._spans if span.trace == task_id]

    def wait(self, task_id: str, enough: Callable[[list[Told]], bool]) -> list[Told]:
        """The spans of a task, once there are enough."""
        deadline = time.monotonic() + SECONDS
        with self._news:
            while not enough(self.of_task(task_id)):
                assert self._news.wait(deadline - time.monotonic()), self.of_task(task_id)
            return self.of_task(task_id)


def telling(url: str, **more: str) -> dict[str, str]:
    """The environment of processes that send to this collector without delay; `more` without `OTEL_`."""
    variables = {"EXPORTER_OTLP_ENDPOINT": url, "BSP_SCHEDULE_DELAY": "50", **more}
    return {f"OTEL_{name}": value for name, value in variables.items()}


@contextmanager
def collecting(port: int = 0) -> Generator[Collector]:
    """A collector, on a free port unless one is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gave it
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        collector = Collector(server.server_address[1])
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield collector
        finally:
            server.shutdown()
            serving.join()


def _spans(request: ExportTraceServiceRequest) -> Generator[Told]:
    for of_process in request.resource_spans:
        process = _facts(of_process.resource.attributes)
        for scope in of_process.scope_spans:
            for span in scope.spans:
                yield Told(
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    name=span.name,
                    kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                    start_ns=span.start_time_unix_nano,
                    end_ns=span.end_time_unix_nano,
                    facts=_facts(span.attributes),
                    failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
                    message=span.status.message,
                    process=process,
                )


def _facts(attributes: Any) -> dict[str, Any]:
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}
