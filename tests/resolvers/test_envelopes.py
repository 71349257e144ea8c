import pytest

from draftcast.api.capcut_mate.envelopes import wants_english


@pytest.mark.parametrize(
    ("header", "english"),
    [
        ("", False),
        ("en", True),
        ("EN-us,en;q=0.9", True),
        ("zh-CN,zh;q=0.9,en;q=0.8", False),
        ("fr, en;q=0.5, zh;q=0.7", False),
        ("fr", False),
        ("*", False),
        ("en;q=0", False),
        ("en;q=nonsense, zh", False),
        (";;,,q=", False),
    ],
)
def test_chinese_is_spoken_unless_english_is_preferred(header: str, english: bool) -> None:
    assert wants_english(header) is english
