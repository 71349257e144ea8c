"""Row 1: no spelling of an inside address is connected to."""

import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from services.http.client import FetchError, UrlRefused
from services.http.guard import is_public
from tests.support.canary import Canary, content
from tests.support.names import Names
from tests.support.servers import DraftServer, statuses


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
    with pytest.raises(FetchError):
        content(tmp_path, spelling.format(port=canary.port), names=Names(["::1", "127.0.0.1"]))
    assert not canary.caught()


def test_proxy_settings_of_the_environment_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with DraftServer() as proxy:
        proxy.answers["/x"] = statuses([200], b"through the proxy")
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.base)
        with pytest.raises(UrlRefused):
            content(tmp_path, "http://10.0.0.1/x", ("127.0.0.1/32",))
        assert not proxy.requests
