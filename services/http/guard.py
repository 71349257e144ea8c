"""The guard of outgoing requests: public addresses are allowed, and private ones that the operator allows.

The address of each connection is checked when it is opened, so that neither a redirect, nor a name that resolves
differently the second time, nor any spelling of a private address passes.
"""

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from yarl import URL

from services.http.urls import parse_url

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver
    from aiohttp.connector import TCPConnector

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

CONNECTIONS_PER_HOST = 4

DENIED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
"""IANA's special-purpose blocks, and the address at which Azure serves credentials."""
ALLOWED_V6 = IPv6Network("2000::/3")
"""Global unicast; all addresses outside are special."""
DENIED_V6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)


class AddressRefused(OSError):
    """An address that must not be fetched from.

    An OSError, as aiohttp expects of a failed connection: with another exception it would not try the other addresses
    of a name.
    """


def is_public(address: Address) -> bool:
    """Whether the address is public. Python's `is_global` is wrong for several blocks."""
    plain = _unwrapped(address)
    if isinstance(plain, IPv6Address):
        return plain in ALLOWED_V6 and not any(plain in network for network in DENIED_V6)
    return not any(plain in network for network in DENIED_V4)


class Guard:
    """The check of URLs and addresses.

    `allow_hosts` are the operator's exceptions: `host`, `host:port` or a CIDR; an IPv6 address needs brackets only
    before a port. Raises ValueError for anything else.

    `own_urls` are this server's URLs that may be fetched; one with a slash at its end includes all below it. Other
    URLs of its host and port are refused, whatever the operator allows.
    """

    def __init__(self, allow_hosts: tuple[str, ...], own_urls: tuple[str, ...] = ()) -> None:
        self._names = {_name(entry) for entry in allow_hosts if "/" not in entry}
        self._networks: tuple[Network, ...] = tuple(ip_network(entry) for entry in allow_hosts if "/" in entry)
        self._own = tuple(parse_url(url) for url in own_urls)

    def allows_by_name(self, url: URL) -> bool:
        """Whether the URL may be fetched from a private address: the operator allows its host, or it is one of
        `own_urls`.
        """
        allowed = not self._names.isdisjoint({(url.raw_host, None), (url.raw_host, url.port)})
        return allowed or any(is_below(url, own) for own in self._own)

    def refuses(self, url: URL) -> bool:
        """Whether the URL leads to this server, but is none of `own_urls`."""
        return any(same_host(url, own) for own in self._own) and not any(is_below(url, own) for own in self._own)

    def check(self, at: str) -> None:
        """Raises `AddressRefused` for an IP address that is neither public nor in an allowed network."""
        plain = _unwrapped(ip_address(at.partition("%")[0]))
        if not is_public(plain) and not any(plain in network for network in self._networks):
            raise AddressRefused

    def allows(self, at: str) -> bool:
        """Whether the IP address passes `check`."""
        try:
            self.check(at)
        except AddressRefused:
            return False
        return True

    def connector(self, *, named: bool, resolver: "AbstractResolver | None" = None) -> "TCPConnector":
        """The connector of hosts allowed by name (`named`), or of all others.

        They are separate so that a connection allowed by name is never reused for another host.
        """
        from aiohttp.connector import TCPConnector

        def opened(info: tuple[Any, ...]) -> socket.socket:
            family, kind, protocol, _, at = info
            if not named:
                self.check(at[0])
            return socket.socket(family, kind, protocol)

        return TCPConnector(
            socket_factory=opened,
            resolver=resolver,
            use_dns_cache=False,
            limit_per_host=CONNECTIONS_PER_HOST,
        )


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (::ffff:a.b.c.d), or the address itself."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _name(entry: str) -> tuple[str | None, int | None]:
    """Host and port of an entry, spelled as in a parsed URL; None for any port."""
    bare_v6 = entry.count(":") > 1 and not entry.startswith("[")
    url = URL(f"//[{entry}]" if bare_v6 else f"//{entry}")
    return url.raw_host, url.explicit_port


def same_host(one: URL, other: URL) -> bool:
    """Whether two URLs have the same host and port in any spelling."""
    return (_host(one), one.port) == (_host(other), other.port)


def is_below(url: URL, own: URL) -> bool:
    """Whether a URL equals `own`, or lies below it when `own` ends with a slash.

    Proxies decode and normalise paths, so a path with `..` in it, escaped or not, lies below nothing.
    """
    path, our_path = (unquote(unquote(each.raw_path.partition("?")[0])) for each in (url, own))
    if not same_host(url, own) or url.scheme != own.scheme or "\\" in path or {".", ".."} & set(path.split("/")):
        return False
    return path.startswith(our_path) if our_path.endswith("/") else path == our_path


def _host(url: URL) -> str:
    """The host without a dot at its end; an IPv4 address of any spelling as four numbers."""
    host = (url.raw_host or "").rstrip(".").lower()
    with suppress(OSError, ValueError):
        return socket.inet_ntoa(socket.inet_aton(host))
    with suppress(ValueError):
        return str(_unwrapped(ip_address(host)))
    return host
