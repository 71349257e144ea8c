import pytest

from services.clock import naive_local, parse_rfc3339, rfc3339


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1727173800000, "2024-09-24T10:30:00.000Z"),
        (1727173800007, "2024-09-24T10:30:00.007Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds_and_read_back(at_ms: int, text: str) -> None:
    assert rfc3339(at_ms) == text
    assert parse_rfc3339(text) == at_ms


@pytest.mark.parametrize(
    "text",
    [
        "2024-09-24T18:30:00+08:00",
        "2024-09-24t10:30:00z",
        "2024-09-24 10:30:00Z",
        "2024-09-24T10:30:00.0009Z",
        "2024-09-24T05:00:00.000000-05:30",
    ],
)
def test_any_rfc_3339_offset_is_read(text: str) -> None:
    assert parse_rfc3339(text) == 1727173800000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-09-24",
        "2024-09-24T10:30:00",
        "20240924T103000Z",
        "2024-02-30T00:00:00Z",
        "２024-09-24T10:30:00Z",
        "now",
    ],
)
def test_what_is_no_time_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|day"):
        parse_rfc3339(text)


def test_a_naive_local_time_has_no_offset() -> None:
    assert naive_local(1727173800123).startswith("2024-09-2")
    assert naive_local(1727173800123).endswith(".123000")
