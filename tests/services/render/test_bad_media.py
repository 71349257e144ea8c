"""Damaged and hostile files end in an error that names them, never in a hang or a wrong picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.media import BLUE, RED
from tests.support.render import Rendered, render, request, run
from tests.support.servers import DraftServer

S = 1_000_000
SECRET = "the secret of another file"


def hls(folder: Path) -> Path:
    """A playlist of another file, named as a video."""
    (folder / "secret.ts").write_bytes(SECRET.encode() * 100)
    path = folder / "bad.mp4"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n")
    return path


def concat(folder: Path) -> Path:
    media.counting_video(folder / "other.mp4", seconds=0.1)
    path = folder / "bad.mp4"
    path.write_text("ffconcat version 1.0\nfile other.mp4\n")
    return path


def svg(folder: Path) -> Path:
    path = folder / "bad.png"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/hostname"/></svg>')
    return path


def truncated_png(folder: Path) -> Path:
    whole = media.quadrants(folder / "whole.png").read_bytes()
    path = folder / "bad.png"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def truncated_video(folder: Path) -> Path:
    """A video without its index, which is at the end."""
    whole = media.counting_video(folder / "whole.mp4", seconds=0.5).read_bytes()
    path = folder / "bad.mp4"
    path.write_bytes(whole[: len(whole) // 2])
    return path


def noise(folder: Path) -> Path:
    """A file that begins like a video."""
    path = folder / "bad.mp4"
    path.write_bytes(b"\0\0\0\x20ftypisom" + bytes(range(256)) * 50)
    return path


def sound_only(folder: Path) -> Path:
    media.tone(folder / "sound.m4a", 440, 0.5)
    return (folder / "sound.m4a").rename(folder / "bad.mp4")


def empty(folder: Path) -> Path:
    path = folder / "bad.mp4"
    path.write_bytes(b"")
    return path


def many_streams(folder: Path) -> Path:
    media.tone(folder / "one.mp3", 440, 0.1)
    media.ffmpeg("-i", folder / "one.mp3", *["-map", "0"] * 40, "-c", "copy", folder / "bad.mkv")
    return folder / "bad.mkv"


def pixel_bomb(folder: Path) -> Path:
    return media.huge_png(folder / "bad.png", 16_000)


def frame_bomb(folder: Path) -> Path:
    return media.long_gif(folder / "bad.gif", 100_000)


BAD: list[tuple[Callable[[Path], Path], str, str]] = [
    (hls, "MATERIAL_UNREADABLE", "not a video"),
    (concat, "MATERIAL_UNREADABLE", "not a video"),
    (svg, "MATERIAL_UNREADABLE", "not a video"),
    (truncated_png, "MATERIAL_UNREADABLE", "damaged"),
    (truncated_video, "MATERIAL_UNREADABLE", "cannot be decoded"),
    (noise, "MATERIAL_UNREADABLE", "cannot be decoded"),
    (sound_only, "MATERIAL_UNREADABLE", "holds no picture"),
    (empty, "MATERIAL_UNREADABLE", "not a video"),
    (many_streams, "MATERIAL_TOO_LARGE", "40 streams"),
    (pixel_bomb, "MATERIAL_TOO_LARGE", "16000x16000"),
    (frame_bomb, "MATERIAL_TOO_LARGE", "10000 frames"),
]


@pytest.mark.parametrize(("make", "code", "says"), BAD)
def test_a_bad_file_is_the_error_that_names_it(
    tmp_path: Path, make: Callable[[Path], Path], code: str, says: str
) -> None:
    bad = make(tmp_path)
    rendered = render(tmp_path, DraftBuilder(64, 36).video(bad.name, 0, S))
    error = rendered.error
    assert (error["code"], error["retryable"]) == (code, False)
    assert says in error["message"]["en"]
    assert bad.name in error["message"]["en"]
    assert bad.name in error["message"]["zh"]
    assert error["segment_id"] in error["message"]["en"]
    assert error["hint"]["en"]
    assert error["hint"]["zh"]
    assert SECRET not in str(rendered.lines)
    assert list(rendered.folder.iterdir()) == []


def test_one_broken_picture_among_ten_is_named_with_its_url(tmp_path: Path) -> None:
    good, bad = media.plain(tmp_path / "good.png", RED), truncated_png(tmp_path)
    draft = DraftBuilder(64, 36)
    for number in range(10):
        draft.photo(f"assets/images/{number}.png", number * S, S)
    files: dict[str, Any] = {f"assets/images/{number}.png": bad if number == 6 else good for number in range(10)}
    with DraftServer() as server:
        url = server.add_draft("ten", draft.bytes(), files)
        error = fetched(tmp_path, url, server).error
    assert error["code"] == "MATERIAL_UNREADABLE"
    assert error["material_url"].endswith("/output/draft/ten/assets/images/6.png")
    assert error["segment_id"] == draft.content()["tracks"][0]["segments"][6]["id"]


def fetched(folder: Path, url: str, server: DraftServer, **changes: Any) -> Rendered:
    return run(request(folder, draft_url=url, allow_hosts=[server.host], **changes))


def test_a_draft_is_fetched_and_its_materials_are_kept_for_the_next_attempt(tmp_path: Path) -> None:
    draft = DraftBuilder(64, 36).photo("assets/images/blue.png", 0, S)
    files: dict[str, Any] = {"assets/images/blue.png": media.plain(tmp_path / "blue.png", BLUE)}
    with DraftServer() as server:
        url = server.add_draft("one", draft.bytes(), files)
        first = fetched(tmp_path, url, server)
        second = fetched(tmp_path, url, server, attempt=2)
        times_fetched = server.requests["/output/draft/one/assets/images/blue.png"]
    assert first.result["frames"] == second.result["frames"] == 30
    assert times_fetched == 1
    assert {line["stage"]: line["unit"] for line in first.stages} == {
        "PARSING_DRAFT": "BYTES",
        "PREPARING": "FILES",
        "PROCESSING_MATERIALS": "ITEMS",
        "EXPORTING": "FRAMES",
        "WRITING_FILE": "ITEMS",
    }


def test_a_missing_material_is_the_error(tmp_path: Path) -> None:
    error = render(tmp_path, DraftBuilder(64, 36).video("nowhere.mp4", 0, S)).error
    assert error["code"] == "MATERIAL_UNREACHABLE"
    assert "nowhere.mp4" in error["message"]["en"]


def test_what_is_neither_seen_nor_heard_need_not_be_there(tmp_path: Path) -> None:
    draft = DraftBuilder(64, 36).video("nowhere.mp4", 0, S, visible=False).text("x", 0, S)
    assert render(tmp_path, draft).result["frames"] == 30


def test_a_file_is_taken_for_what_it_is_not_for_what_it_is_called(tmp_path: Path) -> None:
    media.plain(tmp_path / "red.png", RED, 64, 36).rename(tmp_path / "red.mp4")
    media.counting_video(tmp_path / "count.mp4", seconds=0.2).rename(tmp_path / "count.dat")
    draft = DraftBuilder(64, 36).video("red.mp4", 0, S // 10).video("count.dat", S // 10, S // 10)
    video = render(tmp_path, draft).video
    assert video.color(1, 0.5, 0.5)[0] > 200
    assert [video.count_at(frame) for frame in range(3, 6)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("limits", "says"), [({"pixels": 1000}, "64x36"), ({"video_seconds": 1}, "2.0 s")], ids=["pixels", "seconds"]
)
def test_a_draft_past_the_limits_is_too_large(tmp_path: Path, limits: dict[str, int], says: str) -> None:
    error = render(tmp_path, DraftBuilder(64, 36).text("x", 0, 2 * S), limits=limits).error
    assert error["code"] == "DRAFT_TOO_LARGE"
    assert says in error["message"]["en"]


def test_a_draft_within_a_draft_keeps_to_the_limits_too(tmp_path: Path) -> None:
    inner = DraftBuilder(640, 360).text("x", 0, S)
    draft = DraftBuilder(64, 36).video("", 0, S).using("drafts", type="combination", draft=inner.content())
    error = render(tmp_path, draft, limits={"pixels": 10_000}).error
    assert error["code"] == "DRAFT_TOO_LARGE"
    assert "640x360" in error["message"]["en"]


def test_a_render_that_takes_too_long_ends(tmp_path: Path) -> None:
    rendered = render(tmp_path, DraftBuilder(1280, 720).text("x", 0, 900 * S), limits={"seconds": 1})
    assert (rendered.error["code"], rendered.error["retryable"]) == ("RENDER_TIMEOUT", True)
    assert list(rendered.folder.iterdir()) == []
