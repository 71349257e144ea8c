"""Row 2: redirects, and names whose addresses change, lead nowhere inside. That redirects end after five is tested
beside the other ways of fetching.
"""

from pathlib import Path

import pytest

from services.http.client import UrlRefused
from tests.support.canary import Canary, content
from tests.support.names import Names
from tests.support.servers import DraftServer, redirect, statuses


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["127.0.0.1", "127.0.0.2"], ["::1", "127.0.0.1"], ["::ffff:127.0.0.1", "::1", "10.0.0.1"]],
)
def test_a_name_with_inside_addresses_only_is_refused(tmp_path: Path, canary: Canary, addresses: list[str]) -> None:
    with pytest.raises(UrlRefused, match="not public"):
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
        with pytest.raises(UrlRefused):
            content(tmp_path, url, ("127.0.0.1/32",), Names(["127.0.0.1"], ["127.0.0.2"]))
        assert outside.requests == {"/x": 1}
        assert not inside.requests


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_from_an_allowed_host_to_another_inside_host_is_refused(
    tmp_path: Path, canary: Canary, status: int
) -> None:
    with DraftServer() as server:
        server.answers["/x"] = redirect(f"http://127.0.0.1:{canary.port}/", status)
        with pytest.raises(UrlRefused):
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
        with pytest.raises(UrlRefused):
            content(tmp_path, f"{server.base}/x", (server.host,))
