"""The whole way, on real parts: a draft served by one server, rendered by ours, watched over a websocket, decoded."""

import io
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat

from tests.support.media import BLUE, RED, ffmpeg, plain, sine, tone
from tests.support.process import DRAFTCAST, environment, served
from tests.support.server import ROOT, Server
from tests.support.servers import DraftServer
from tests.support.subscriber import subscriber
from tests.support.video import Video, near

DRAFTS = Path(__file__).parent.parent / "drafts"
STAGES = [
    "QUEUED", "STARTED", "PARSING_DRAFT", "PREPARING", "PROCESSING_MATERIALS", "EXPORTING", "WRITING_FILE", "DONE",
]  # fmt: skip
BEGINS = dict(zip(STAGES, (0, 10, 20, 30, 50, 70, 90, 100), strict=True))
SUBMIT = "mutation($url: URL!) { submitVideoTask(input: {draftUrl: $url}) { created task { id } errors { message } } }"
WATCH = """
subscription($id: ID, $url: URL, $after: Int) { videoTaskProgress(id: $id, draftUrl: $url, after: $after) {
  id seq type status stage progress attempt
  task { seq videoUrl thumbnailUrl stages { stage done total unit completedAt }
    video { url width height durationSeconds frameRate sizeBytes sha256 }
    warnings { code materialName } error { message } }
} }
"""
Json = dict[str, Any]


@pytest.fixture(scope="module")
def drafts() -> Iterator[DraftServer]:
    with DraftServer() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, drafts: DraftServer) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("server"), allow_hosts=drafts.host) as running:
        yield running.start()


def add(drafts: DraftServer, name: str, folder: Path) -> str:
    """Serve one of the drafts that a real capcut-mate wrote, with stand-ins for its media."""
    content = (DRAFTS / f"{name}.json").read_text()
    paths = sorted(set(re.findall(r"/app/output/draft/(\w+)/(assets/[^\"]+)", content)))
    draft_id = paths[0][0]
    files: dict[str, bytes | Path] = {path: stand_in(folder, path, at) for at, (_, path) in enumerate(paths)}
    return drafts.add_draft(draft_id, content, files)


def stand_in(folder: Path, path: str, number: int) -> Path:
    file = folder / Path(path).name
    if path.endswith(".mp3"):
        return tone(file, 880, 11)
    if path.endswith(".png"):
        return plain(file, (RED, BLUE)[number % 2], 800, 600)
    picture = ("-f", "lavfi", "-i", "color=0x1e1edc:s=1280x720:r=30:d=6")
    ffmpeg(*picture, "-f", "lavfi", "-i", sine(440, 6), "-pix_fmt", "yuv420p", "-c:a", "aac", file)
    return file


def watch(server: Server, task_id: str) -> list[Json]:
    with subscriber(server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        return [data["videoTaskProgress"] for data in socket.rest()]


def submit(server: Server, url: str) -> str:
    answer = server.data(SUBMIT, url=url)["submitVideoTask"]
    assert answer["errors"] == []
    return str(answer["task"]["id"])


def video_of(server: Server, events: list[Json], folder: Path) -> Video:
    last = events[-1]
    assert last["status"] == "COMPLETED", last
    file = folder / "downloaded.mp4"
    file.write_bytes(server.get(last["task"]["videoUrl"]).body)
    return Video(file)


@pytest.fixture(scope="module")
def watched(server: Server, drafts: DraftServer, tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """All events of the clip with a song."""
    return watch(server, submit(server, add(drafts, "clip_and_song", tmp_path_factory.mktemp("watched"))))


def test_a_clip_with_a_song_comes_out_as_drawn(server: Server, watched: list[Json], tmp_path: Path) -> None:
    video = video_of(server, watched, tmp_path)
    assert (len(video), video.size, video.duration_s) == (180, (1280, 720), 6.0)
    assert near(video.color(90, 0.5, 0.5), (30, 30, 220))
    heard = video.heard(1, 5)
    assert heard.level_at(440) == pytest.approx(0.25, rel=0.1)
    assert heard.level_at(880) == pytest.approx(0.125, rel=0.1)
    told = watched[-1]["task"]["video"]
    assert (told["width"], told["height"], told["durationSeconds"], told["frameRate"]) == (1280, 720, 6.0, 30.0)
    assert told["sizeBytes"] == video.path.stat().st_size
    assert watched[-1]["task"]["warnings"] == []


def test_a_slideshow_comes_out_with_its_chinese_captions(server: Server, drafts: DraftServer, tmp_path: Path) -> None:
    events = watch(server, submit(server, add(drafts, "slideshow_captions", tmp_path)))
    video = video_of(server, events, tmp_path)
    assert (len(video), video.size) == (180, (1080, 1920))
    colors = {RED, BLUE}
    for number in (45, 135):
        shown = {color for color in colors if near(video.color(number, 0.5, 0.35), color)}
        assert len(shown) == 1
        colors -= shown
        assert near(video.color(number, 0.5, 0.05), (0, 0, 0))
        caption = video.rgb(number)[1180:1340]
        assert (caption.min(axis=2) > 200).sum() > 5000, "white letters"
        assert (caption.max(axis=2) < 40).sum() > 2000, "black outlines"
    keyword = video.rgb(45)[1180:1340].astype(int)
    orange = (keyword[..., 0] > 200) & (abs(keyword[..., 1] - 113) < 40) & (keyword[..., 2] < 60)
    assert orange.sum() > 2000
    assert events[-1]["task"]["warnings"] == []


@pytest.mark.long
def test_a_frame_of_another_size_is_served_as_a_picture(server: Server, drafts: DraftServer, tmp_path: Path) -> None:
    query = "mutation($input: SubmitVideoTaskInput!) { submitVideoTask(input: $input) { task { id } } }"
    output = {"format": "JPEG", "shortSide": 360, "startMs": 1000}
    url = add(drafts, "clip_and_song", tmp_path)
    task = server.data(query, input={"draftUrl": url, "output": output})["submitVideoTask"]["task"]
    last = watch(server, task["id"])[-1]
    assert last["status"] == "COMPLETED", last
    answer = server.get(last["task"]["videoUrl"])
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.body)) as picture:
        assert picture.size == (640, 360)
        assert near(tuple(round(value) for value in ImageStat.Stat(picture).mean), (30, 30, 220))


def test_the_events_follow_the_documented_scale(watched: list[Json]) -> None:
    assert watched[0]["type"] == "SNAPSHOT"
    seqs = [event["seq"] for event in watched]
    assert seqs == sorted(set(seqs))
    milestones = [event["stage"] for event in watched if event["type"] in ("STAGE_CHANGED", "STATUS_CHANGED")]
    assert milestones == STAGES[STAGES.index(milestones[0]) :]
    assert len(milestones) >= 6
    percentages = [event["progress"] for event in watched]
    assert percentages == sorted(percentages)
    for event in watched:
        following = STAGES[min(STAGES.index(event["stage"]) + 1, 7)]
        assert BEGINS[event["stage"]] <= event["progress"] <= BEGINS[following]
        assert event["task"]["seq"] >= event["seq"]
        assert (event["progress"] == 100) is (event["status"] == "COMPLETED")
    counted = {stage["stage"]: stage for stage in watched[-1]["task"]["stages"]}
    assert (counted["EXPORTING"]["done"], counted["EXPORTING"]["unit"]) == (180, "FRAMES")
    assert counted["PREPARING"]["done"] == counted["PREPARING"]["total"] > 0


def test_the_old_endpoint_tells_the_same(server: Server, drafts: DraftServer, tmp_path: Path) -> None:
    url = add(drafts, "clip_and_song", tmp_path)
    answer = server.post("/openapi/capcut-mate/v1/gen_video", {"draft_url": url})
    assert (answer.status, answer.json["message"]) == (200, "视频生成任务已提交，请使用draft_url查询进度")
    seq = 0
    while True:
        asked = {"draft_url": url, "wait_seconds": 20, "since": seq}
        status = server.post("/v1/gen_video_status", asked).json
        if status["status"] in ("completed", "failed"):
            break
        seq = status["seq"]
    final = server.post("/openapi/capcut-mate/v1/gen_video_status", {"draft_url": url}).json
    assert list(final) == [
        "draft_url", "status", "progress", "video_url", "error_message", "created_at", "started_at", "completed_at",
    ]  # fmt: skip
    assert (final["status"], final["progress"], final["error_message"]) == ("completed", 100, "")
    assert server.get(final["video_url"]).status == 200


def test_the_video_and_its_thumbnail_are_fit_for_a_browser(server: Server, watched: list[Json], tmp_path: Path) -> None:
    whole = server.get(watched[-1]["task"]["videoUrl"])
    assert (whole.headers["content-type"], whole.headers["x-content-type-options"]) == ("video/mp4", "nosniff")
    part = server.get(watched[-1]["task"]["videoUrl"], {"range": "bytes=100-199"})
    assert (part.status, part.body) == (206, whole.body[100:200])
    assert whole.body.index(b"moov") < whole.body.index(b"mdat"), (
        "the index comes first: it plays before it is all there"
    )
    thumbnail = server.get(watched[-1]["task"]["thumbnailUrl"])
    assert thumbnail.headers["content-type"] == "image/jpeg"
    (tmp_path / "thumbnail.jpg").write_bytes(thumbnail.body)
    with Image.open(tmp_path / "thumbnail.jpg") as picture:
        assert picture.format == "JPEG"
        means = tuple(round(mean) for mean in ImageStat.Stat(picture).mean)
        assert near(means, (30, 30, 220))


def test_a_running_render_is_canceled_at_once(server: Server, drafts: DraftServer, tmp_path: Path) -> None:
    url = add(drafts, "slideshow_captions", tmp_path)
    task_id = submit(server, url)
    with subscriber(server.socket_url) as socket:
        socket.subscribe(WATCH, id=task_id)
        while socket.next()["videoTaskProgress"]["stage"] != "EXPORTING":
            pass
        canceled = server.data("mutation($id: ID!) { cancelVideoTask(id: $id) { task { status } } }", id=task_id)
        assert canceled["cancelVideoTask"]["task"]["status"] == "CANCELED"
        assert [data["videoTaskProgress"]["status"] for data in socket.rest()][-1] == "CANCELED"
    status = server.post("/v1/gen_video_status", {"draft_url": url}).json
    assert status["status"] == "failed"
    retried = server.data("mutation($id: ID!) { retryVideoTask(id: $id) { task { status } } }", id=task_id)
    assert retried["retryVideoTask"]["task"]["status"] == "PENDING"
    assert watch(server, task_id)[-1]["status"] == "COMPLETED"


@pytest.mark.long
def test_a_retry_fetches_only_what_was_broken(server: Server, drafts: DraftServer, tmp_path: Path) -> None:
    content = json.loads((DRAFTS / "clip_and_song.json").read_text())
    clip, song = content["materials"]["videos"][0], content["materials"]["audios"][0]
    clip["path"] = drafts.add_file("/retry/clip.mp4", stand_in(tmp_path, "a.mp4", 0))
    song["path"] = drafts.add_file("/retry/song.mp3", b"this is no song")
    url = drafts.add_draft("retried", json.dumps(content))
    task_id = submit(server, url)
    assert watch(server, task_id)[-1]["status"] == "FAILED"
    drafts.add_file("/retry/song.mp3", tone(tmp_path / "song.mp3", 880, 11))
    server.data("mutation($id: ID!) { retryVideoTask(id: $id) { task { id } } }", id=task_id)
    assert watch(server, task_id)[-1]["status"] == "COMPLETED"
    assert drafts.requests["/retry/clip.mp4"] == 1
    assert drafts.requests["/retry/song.mp3"] == 2


@pytest.mark.long
def test_the_built_in_sample_renders_by_the_command_line(server: Server, tmp_path: Path) -> None:
    sample = server.get("/sample/get_draft?draft_id=20261101120000c0ffee01").json
    assert sample["code"] == 0
    url = f"{server.url}/sample/get_draft?draft_id=20261101120000c0ffee01"
    command = [*DRAFTCAST, "submit", url, "--watch", "--server", server.url]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=True)
    video = tmp_path / "sample.mp4"
    with urllib.request.urlopen(done.stdout.strip()) as answer:
        video.write_bytes(answer.read())
    decoded = Video(video)
    assert decoded.has_sound
    assert decoded.duration_s == pytest.approx(6, abs=0.05)
