"""Row 17: guesses are counted for whoever makes them, however many addresses they have."""

import pytest

from services.access.limits import WRONG_KEYS_PER_MINUTE, Limits, QuotaExceeded, address_key


@pytest.fixture(autouse=True)
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.access.limits.now_ms", lambda: 1_000_000)


def guesses(addresses: list[str]) -> int:
    """How many of the guesses from there are taken."""
    limits, taken = Limits(0, 0, 0), 0
    for number, address in enumerate(addresses):
        try:
            limits.wrong_key(address, f"guess {number}")
        except QuotaExceeded:
            continue
        taken += 1
    return taken


def test_all_addresses_of_a_network_of_ipv6_are_one() -> None:
    assert guesses([f"2001:db8:0:1::{number:x}" for number in range(300)]) == WRONG_KEYS_PER_MINUTE
    assert guesses([f"2001:db8:0:1:{number:x}::1%eth0" for number in range(300)]) == WRONG_KEYS_PER_MINUTE


def test_other_networks_and_addresses_of_ipv4_are_others() -> None:
    assert guesses([f"2001:db8:0:{number:x}::1" for number in range(300)]) == 300
    assert guesses([f"192.0.2.{number}" for number in range(200)]) == 200


def test_an_address_of_ipv4_is_one_however_it_is_written() -> None:
    assert guesses(["192.0.2.1", "::ffff:192.0.2.1"] * 100) == WRONG_KEYS_PER_MINUTE
    assert guesses([f"::ffff:192.0.2.{number}" for number in range(100)]) == 100


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "", "/run/draftcast.sock"])
def test_this_machine_s_addresses_are_not_counted(address: str) -> None:
    assert address_key(address) == ""
