import asyncio
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from yarl import URL

from services.drafts.client import Refused, Unfetched
from services.drafts.fetch import Fetcher, FetchLimits
from services.drafts.guard import AddressRefused, Guard, is_public
from services.errors import ErrorCode, Failed
from tests.support.names import Names
from tests.support.servers import DraftServer, redirect, statuses

LIMITS = FetchLimits(draft_bytes=1000, material_bytes=1000, task_bytes=1000)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "100.127.255.255", "100.100.100.200", "0.0.0.0", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1",
        "192.88.99.1", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "168.63.129.16", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "::127.0.0.1", "64:ff9b::1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "2001::1", "fc00::1", "fd00::1",
        "fe80::1", "fec0::1", "ff02::1", "3fff::1", "2620:4f:8000::1", "100::1", "4000::1",
    ],
)  # fmt: skip
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "168.63.129.15",
        "223.255.255.255", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1", "2001:200::1",
    ],
)  # fmt: skip
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("media.example", "http://media.example/x"),
        ("media.example", "https://MEDIA.example:8443/x"),
        ("Media.Example:9000", "http://media.example:9000/x"),
        ("media.example:443", "https://media.example/x"),
        ("10.0.0.5:80", "http://10.0.0.5/x"),
        ("fd00::1", "http://[fd00:0:0::1]:9000/x"),
        ("[fd00::1]:9000", "http://[fd00::1]:9000/x"),
        ("媒体.example", "http://xn--tqqy7y.example/x"),
    ],
)
def test_an_entry_names_its_host_however_it_is_spelled(entry: str, url: str) -> None:
    assert Guard((entry,)).names(URL(url))


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("media.example:9000", "http://media.example:9001/x"),
        ("media.example:80", "https://media.example/x"),
        ("media.example", "http://evil.media.example/x"),
        ("media.example", "http://media.example.evil/x"),
        ("media.example", "http://media.example@evil.example/x"),
        ("10.0.0.5", "http://10.0.0.50/x"),
        ("[fd00::1]:9000", "http://[fd00::1]:9001/x"),
        ("10.0.0.0/8", "http://10.0.0.5/x"),
    ],
)
def test_an_entry_names_no_other_host(entry: str, url: str) -> None:
    assert not Guard((entry,)).names(URL(url))


def test_an_allowed_network_holds_its_addresses_and_no_others() -> None:
    guard = Guard(("10.1.0.0/16", "fd00::/8"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "8.8.8.8"):
        guard.check(address)
    for address in ("10.2.0.1", "127.0.0.1", "fe80::1%eth0"):
        with pytest.raises(AddressRefused):
            guard.check(address)


class Canary:
    """Listens on a port of every address of this machine; `caught` says whether anybody connected."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.port: int = listener.getsockname()[1]

    def caught(self) -> bool:
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def canary() -> Iterator[Canary]:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
        listener.setblocking(False)
        yield Canary(listener)


def content(folder: Path, url: str, allow_hosts: tuple[str, ...] = (), names: Names | None = None) -> bytes:
    async def run() -> bytes:
        async with Fetcher(cache_dir=folder, allow_hosts=allow_hosts, limits=LIMITS, resolver=names) as fetcher:
            return await fetcher.content(url, lambda _: None)

    return asyncio.run(run())


def test_the_canary_notices_a_connection(canary: Canary) -> None:
    for address in ("127.0.0.1", "::1"):
        socket.create_connection((address, canary.port)).close()
        assert canary.caught()


SPELLINGS = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://2130706433:{port}/",
    "http://0x7f000001:{port}/", "http://0x7f.0.0.1:{port}/", "http://0177.0.0.1:{port}/", "http://127.1:{port}/",
    "http://127.0.1:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/", "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://127.0.0.1.:{port}/", "http://127.0.0.1..:{port}/", "http://localhost.:{port}/", "http://LOCALHOST:{port}/",
    "http://user:pw@127.0.0.1:{port}/", "http://127.0.0.1:{port}/?x=1#y", "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/", "http://１２７.0.0.1:{port}/", "http://127.0.0.2:{port}/",
    "http://127.255.255.254:{port}/", "http://017700000001:{port}/", "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/", "http://[::1%25lo]:{port}/",
    "http://[fe80::1%25lo]:{port}/", "http:////127.0.0.1:{port}/", "http:127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/", "http://example.com@127.0.0.1:{port}/", "http://\u200b127.0.0.1:{port}/",
    "http://127.0.0.1\u200b:{port}/", "http://%31%32%37.0.0.1:{port}/", "http://ⓛocalhost:{port}/",
    "HTTP://127.0.0.1:{port}/", " http://127.0.0.1:{port}/ ", "http://127.0.0.1\t:{port}/",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_an_inside_address_is_connected_to(tmp_path: Path, canary: Canary, spelling: str) -> None:
    with pytest.raises(Unfetched):
        content(tmp_path, spelling.format(port=canary.port), names=Names(["::1", "127.0.0.1"]))
    assert not canary.caught()


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["127.0.0.1", "127.0.0.2"], ["::1", "127.0.0.1"], ["::ffff:127.0.0.1", "::1", "10.0.0.1"]],
)
def test_a_name_with_inside_addresses_only_is_refused(tmp_path: Path, canary: Canary, addresses: list[str]) -> None:
    with pytest.raises(Refused, match="not public"):
        content(tmp_path, f"http://inside.example:{canary.port}/", names=Names(addresses))
    assert not canary.caught()


def test_of_a_name_with_mixed_addresses_only_the_allowed_one_is_used(tmp_path: Path) -> None:
    with DraftServer() as outside, DraftServer("127.0.0.2", outside.port) as inside:
        url = outside.add_file("/x", b"outside").replace("127.0.0.1", "mixed.example")
        inside.add_file("/x", b"inside")
        names = Names(["127.0.0.2", "127.0.0.1", "127.0.0.3"])
        assert content(tmp_path, url, ("127.0.0.1/32",), names) == b"outside"
        assert not inside.requests


def test_a_name_that_turns_to_an_inside_address_is_refused(tmp_path: Path) -> None:
    with DraftServer() as outside, DraftServer("127.0.0.2", outside.port) as inside:
        outside.answers["/x"] = redirect("/secret")
        for server in (outside, inside):
            server.answers["/secret"] = statuses([200], b"secret")
        url = f"http://turning.example:{outside.port}/x"
        with pytest.raises(Refused):
            content(tmp_path, url, ("127.0.0.1/32",), Names(["127.0.0.1"], ["127.0.0.2"]))
        assert outside.requests == {"/x": 1}
        assert not inside.requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_from_an_allowed_host_to_another_inside_host_is_refused(
    tmp_path: Path, canary: Canary, status: int
) -> None:
    with DraftServer() as server:
        server.answers["/x"] = redirect(f"http://127.0.0.1:{canary.port}/", status)
        with pytest.raises(Refused):
            content(tmp_path, f"{server.base}/x", (server.host,))
        assert server.requests["/x"] == 1
    assert not canary.caught()


def test_a_redirect_to_an_inside_host_that_is_allowed_too_is_followed(tmp_path: Path) -> None:
    with DraftServer() as one, DraftServer() as other:
        one.answers["/x"] = redirect(other.add_file("/y", b"there"))
        assert content(tmp_path, f"{one.base}/x", (one.host, other.host)) == b"there"


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://[x/"])
def test_a_redirect_to_anything_but_http_is_refused(tmp_path: Path, target: str) -> None:
    with DraftServer() as server:
        server.answers["/x"] = redirect(target)
        with pytest.raises(Refused):
            content(tmp_path, f"{server.base}/x", (server.host,))


def test_an_allowed_network_opens_its_addresses(tmp_path: Path) -> None:
    with DraftServer() as server:
        assert content(tmp_path, server.add_file("/x", b"abc"), ("127.0.0.0/8",)) == b"abc"


def test_proxy_settings_of_the_environment_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with DraftServer() as proxy:
        proxy.answers["/x"] = statuses([200], b"through the proxy")
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.base)
        with pytest.raises(Refused):
            content(tmp_path, "http://10.0.0.1/x", ("127.0.0.1/32",))
        assert not proxy.requests


def test_open_and_closed_ports_of_the_inside_give_the_same_error(tmp_path: Path, canary: Canary) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        addresses = [
            f"http://127.0.0.1:{canary.port}", f"http://127.0.0.1:{closed.getsockname()[1]}",
            f"http://[::1]:{canary.port}", "http://169.254.169.254", "http://10.0.0.1:22",
        ]  # fmt: skip
        texts = {_refusal(tmp_path, address) for address in addresses}
    assert len(texts) == 1


def _refusal(folder: Path, address: str) -> str:
    """The error of a material, without the address it was asked for by."""

    async def run() -> None:
        async with Fetcher(cache_dir=folder, allow_hosts=(), limits=LIMITS) as fetcher:
            await fetcher.material(f"{address}/x", segment_id="s1", on_bytes=lambda _: None)

    with pytest.raises(Failed) as caught:
        asyncio.run(run())
    failure = caught.value.failure
    assert failure.code is ErrorCode.MATERIAL_REFUSED
    return f"{failure.message.en} {failure.message.zh}".replace(address, "")
