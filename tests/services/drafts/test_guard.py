from ipaddress import ip_address

import pytest

from services.drafts.guard import is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
        "0.0.0.0", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "::1", "::",
        "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "2001::1",
        "fc00::1", "fe80::1", "fec0::1", "ff02::1", "3fff::1", "2620:4f:8000::1",
    ],
)  # fmt: skip
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))
