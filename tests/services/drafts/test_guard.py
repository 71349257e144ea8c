from pathlib import Path

import pytest
from yarl import URL

from services.http.guard import AddressRefused, Guard
from tests.support.canary import content
from tests.support.servers import DraftServer


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
    assert Guard((entry,)).allows_by_name(URL(url))


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
    assert not Guard((entry,)).allows_by_name(URL(url))


def test_an_allowed_network_holds_its_addresses_and_no_others() -> None:
    guard = Guard(("10.1.0.0/16", "fd00::/8"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "8.8.8.8"):
        guard.check(address)
    for address in ("10.2.0.1", "127.0.0.1", "fe80::1%eth0"):
        with pytest.raises(AddressRefused):
            guard.check(address)


def test_an_allowed_network_opens_its_addresses(tmp_path: Path) -> None:
    with DraftServer() as server:
        assert content(tmp_path, server.add_file("/x", b"abc"), ("127.0.0.0/8",)) == b"abc"
