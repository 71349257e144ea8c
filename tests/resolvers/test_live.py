import pytest

from resolvers.live import cursor, position
from services.errors import InvalidInput


@pytest.mark.parametrize("place", [0, 1, 12345, 2**63 - 1])
def test_a_cursor_names_its_place(place: int) -> None:
    assert position(cursor(place)) == place


@pytest.mark.parametrize(
    "text", ["", "1", "nonsense", "ZmVlZDo", "ZmVlZDotMQ", "éé", "ZmVlZDo" + "x" * 5000, cursor(2**63)]
)
def test_what_is_no_cursor_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        position(text)
    assert refused.value.path == ("after",)
