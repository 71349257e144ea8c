from typing import Any

import pytest

from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, MediaKind, MediaMaterial, TextMaterial, TrackKind
from services.errors import WarningCode
from tests.support.drafts import DraftBuilder

SECOND = 1_000_000
URL = "https://example.org/icon.webp?x-expires=1"


def sticker(name: str = "某某", width: int = 1080, height: int = 1920, **fields: Any) -> Draft:
    builder = DraftBuilder(width, height).video("a.mp4", 0, SECOND)
    material = builder.material("stickers", type="sticker", name=name, sticker_id="s1", resource_id="s1", **fields)
    return read_draft(builder.segment("sticker", "stickers", material, 0, SECOND).bytes())


@pytest.mark.parametrize(
    ("path", "kind"), [("Resources/star.PNG", MediaKind.PHOTO), ("https://example.org/star.gif", MediaKind.GIF)]
)
def test_a_sticker_with_a_file_is_that_picture(path: str, kind: MediaKind) -> None:
    draft = sticker(path=path, icon_url=URL)
    track = draft.tracks[1]
    material = track.segments[0].material
    assert isinstance(material, MediaMaterial)
    assert (track.kind, material.kind, material.path, material.optional) == (TrackKind.STICKER, kind, path, True)
    assert draft.warnings == ()


@pytest.mark.parametrize("path", ["", "C:/Users/me/AppData/Cache/effect/s1/abc"])
def test_a_sticker_without_a_file_is_its_preview_and_told(path: str) -> None:
    draft = sticker(path=path, icon_url=URL, preview_cover_url="")
    material = draft.tracks[1].segments[0].material
    assert isinstance(material, MediaMaterial)
    assert (material.path, material.remote_url, material.kind) == ("", URL, MediaKind.PHOTO)
    assert [(told.code, told.material_name, told.effect_id) for told in draft.warnings] == [
        (WarningCode.EFFECT_APPROXIMATED, "某某", "s1")
    ]


@pytest.mark.parametrize("fields", [{}, {"path": "C:/Cache/effect/s1", "icon_url": "file:///etc/passwd"}])
def test_a_sticker_that_is_only_an_id_is_skipped_and_told(fields: dict[str, Any]) -> None:
    draft = sticker(**fields)
    assert len(draft.tracks) == 1
    assert [(told.code, told.material_name, told.effect_id) for told in draft.warnings] == [
        (WarningCode.SEGMENT_SKIPPED, "某某", "s1")
    ]


@pytest.mark.parametrize(
    ("name", "sign"), [("星星", "⭐"), ("Heart", "❤️"), ("red heart", "❤️"), ("可爱小狗", "🐶"), ("生日蛋糕 II", "🎂")]
)
@pytest.mark.parametrize(("width", "height", "size"), [(1080, 1920, 172.8), (1920, 1080, 97.2)])
def test_a_sticker_that_an_emoji_names_is_that_emoji_as_high_as_the_shorter_side_and_told(
    name: str, sign: str, width: int, height: int, size: float
) -> None:
    draft = sticker(name, width, height)
    material = draft.tracks[1].segments[0].material
    assert isinstance(material, TextMaterial)
    assert material.text == sign
    assert material.styles[0].size == pytest.approx(size)
    assert [(told.code, told.material_name) for told in draft.warnings] == [(WarningCode.EFFECT_APPROXIMATED, name)]


def test_a_photo_may_stand_on_a_sticker_track() -> None:
    builder = DraftBuilder().video("a.mp4", 0, SECOND)
    photo = builder.material("videos", type="photo", path="b.png")
    draft = read_draft(builder.segment("sticker", "stickers", photo, 0, SECOND).bytes())
    material = draft.tracks[1].segments[0].material
    assert isinstance(material, MediaMaterial)
    assert (material.path, material.optional) == ("b.png", False)
