"""Real servers that tests start on free ports of 127.0.0.1, in folders of their own: PostgreSQL, Redis, S3, proxies."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import psycopg
import pytest

from services.migrate import migrate
from services.store.tables import metadata

SECONDS = 30
TEMPLATE = "migrated"
_FILLED = [
    *(table.name for table in metadata.sorted_tables),
    "procrastinate_jobs",
    "procrastinate_workers",
]
S3_KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-secret"}
"""Any will do for the S3 server."""


def not_run(missing: str, script: str = "setup/test_programs.sh") -> NoReturn:
    """A test cannot run for want of a program: it says so, and fails where everything must run."""
    cannot_run(f"{missing} is not installed; {script} installs it")


def cannot_run(why: str) -> NoReturn:
    """A test cannot run here: it says so, and fails where everything must run."""
    reason = f"NOT RUN: {why}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class _Program:
    """A server program that can be stopped and started again, on the same port and data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def _start(self, command: list[str], answers: Callable[[], bool]) -> None:
        """Start it, as user nobody when the tests run as root, and wait until it answers. It ends with the tests."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*_humbly(), *command], stdout=log, stderr=log)
        deadline = time.monotonic() + SECONDS
        while not answers():
            said = (self.folder / "log").read_text(errors="replace")[-3000:]
            assert self._process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it; for both programs SIGINT is an orderly, quick end."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(SECONDS)
            self._process = None


class Postgres(_Program):
    """A PostgreSQL server with as many databases as tests want. Only a `durable` one waits for its disk."""

    def __init__(self, folder: Path, programs: Path, durable: bool = False) -> None:
        super().__init__(folder)
        self._programs = programs
        self._durable = durable
        self._shared: str | None = None
        self._data = folder / "data"
        setup = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "draftcast"]
        subprocess.run(
            [*_humbly(), str(programs / "initdb"), "-D", str(self._data), *setup], check=True, stdout=subprocess.DEVNULL
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["listen_addresses=127.0.0.1", "max_connections=200", f"port={self.port}", "deadlock_timeout=200ms"]
        options += [f"unix_socket_directories={self.folder}", f"fsync={'on' if self._durable else 'off'}"]
        words = [word for option in options for word in ("-c", option)]
        self._start([str(self._programs / "postgres"), "-D", str(self._data), *words], self._answers)

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql://draftcast@127.0.0.1:{self.port}/{name}"

    def database(self) -> str:
        """The address of a new database with all tables."""
        with self._maintenance() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {TEMPLATE}".encode())
                migrate(self.url(TEMPLATE))
            name = f"test_{uuid.uuid4().hex}"
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}".encode())
        return self.url(name)

    def empty_database(self) -> str:
        """The address of a new database without tables."""
        name = f"test_{uuid.uuid4().hex}"
        with self._maintenance() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def emptied_database(self) -> str:
        """The address of the one database that quick tests share, with all tables and nothing in them."""
        if self._shared is None:
            self._shared = self.database()
        with psycopg.connect(self._shared, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {', '.join(_FILLED)} RESTART IDENTITY CASCADE".encode())
        return self._shared

    def _maintenance(self) -> psycopg.Connection:
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(_Program):
    """A Redis or Valkey server that keeps nothing."""

    def __init__(self, folder: Path, program: str) -> None:
        super().__init__(folder)
        self._program = program

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        self._start([self._program, *options], self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as asking:
                asking.sendall(b"PING\r\n")
                return asking.recv(7) == b"+PONG\r\n"
        except ConnectionError:
            return False


class Proxy(_Program):
    """nginx or Caddy, with a configuration of the test's."""

    def serve(self, command: list[str]) -> None:
        """Start it, and wait until it listens."""
        self._start(command, self._answers)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True


class S3:
    """An S3 server, moto's, with one bucket."""

    bucket = "videos"

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        request = urllib.request.Request(f"{self.endpoint}/{self.bucket}", method="PUT")
        with urllib.request.urlopen(request) as made:
            assert made.status == 200


@contextmanager
def postgres_server(*, durable: bool = False) -> Generator[Postgres]:
    """A running PostgreSQL server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        not_run("PostgreSQL")
    programs = found[-1] if found else Path(on_path or "").resolve().parent
    with _own_folder() as folder:
        server = Postgres(folder, programs, durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def redis_server() -> Generator[Redis]:
    """A running Redis server."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        not_run("Redis")
    with _own_folder() as folder:
        server = Redis(folder, program)
        server.start()
        try:
            yield server
        finally:
            server.stop()


_NGINX = """
daemon off; pid {folder}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    {site}
}}
"""


@contextmanager
def nginx(site: Callable[[int], str]) -> Generator[int]:
    """A running nginx with a site, which is asked for with its port; gives the port."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        not_run("nginx")
    with _own_folder() as folder:
        server = Proxy(folder)
        configuration = folder / "nginx.conf"
        configuration.write_text(_NGINX.format(folder=folder, site=site(server.port)))
        server.serve([program, "-e", "stderr", "-c", str(configuration)])
        try:
            yield server.port
        finally:
            server.stop()


@contextmanager
def caddy(site: Callable[[int], str]) -> Generator[int]:
    """A running Caddy with a site, which is asked for with its port; gives the port."""
    program = shutil.which("caddy")
    if program is None:
        not_run("Caddy")
    with _own_folder() as folder:
        server = Proxy(folder)
        configuration = folder / "Caddyfile"
        configuration.write_text("{\nadmin off\nauto_https off\n}\n" + site(server.port))
        homes = [f"{name}={folder}" for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")]
        server.serve(["env", *homes, program, "run", "--adapter", "caddyfile", "--config", str(configuration)])
        try:
            yield server.port
        finally:
            server.stop()


_PGBOUNCER = """
[databases]
* = host=127.0.0.1 port={behind} user=draftcast
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = session
ignore_startup_parameters = options
"""


@contextmanager
def pgbouncer(url: str) -> Generator[str]:
    """A running PgBouncer in session mode before the database; gives the address of the database behind it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        not_run("PgBouncer")
    behind = urlsplit(url).port
    with _own_folder() as folder:
        server = Proxy(folder)
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(_PGBOUNCER.format(behind=behind, port=server.port))
        server.serve([program, str(configuration)])
        try:
            yield url.replace(f":{behind}/", f":{server.port}/")
        finally:
            server.stop()


@contextmanager
def s3_server() -> Generator[S3]:
    """A running S3 server."""
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    with process.stderr as said:
        try:
            ports = (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in said)
            port = next(int(found[1]) for found in ports if found)
            threading.Thread(target=said.read, daemon=True).start()  # else it stops when nobody reads what it says
            yield S3(port)
        finally:
            process.terminate()
            process.wait(SECONDS)


@contextmanager
def _own_folder() -> Generator[Path]:
    """A folder that belongs to the user whom the server runs as."""
    folder = Path(tempfile.mkdtemp(prefix="draftcast-tests-"))
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _humbly() -> list[str]:
    """PostgreSQL refuses to be root. Whatever runs ends when the tests end."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    return [setpriv, *user, "--pdeathsig", "INT"]
