"""Packages as a registry of npm has them, and such a registry."""

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


def package(name: str, version: str, files: Mapping[str, bytes]) -> bytes:
    """A package's archive."""
    described = json.dumps({"name": name, "version": version}).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, content in {"package.json": described, **files}.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def integrity(packed: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()


@contextmanager
def registry(name: str, version: str, packed: bytes) -> Generator[str]:
    """The address of a registry that has one package."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path)
            if path == "/package.tgz":
                self._answer(packed)
            elif path == f"/{name}":
                dist = {"tarball": f"{address}/package.tgz", "integrity": integrity(packed)}
                release = {"name": name, "version": version, "dist": dist}
                found = {"name": name, "dist-tags": {"latest": version}, "versions": {version: release}}
                self._answer(json.dumps(found).encode())
            else:
                self.send_error(404)

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's signature
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever).start()
        try:
            yield address
        finally:
            server.shutdown()
