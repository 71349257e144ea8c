"""Two variants of a draft by a whole server: submitted at once, drawn apart, with what is equal drawn once."""

import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from tests.support import media
from tests.support.drafts import DraftBuilder
from tests.support.process import served
from tests.support.server import Server
from tests.support.servers import DraftServer
from tests.support.video import Video

S = 1_000_000
SUBMIT = """
mutation($inputs: [SubmitVideoTaskInput!]!) {
  submitVideoTasks(inputs: $inputs) { results { task { id } errors { message } } }
}
"""
Json = dict[str, Any]


def test_variants_differ_where_they_are_to_and_share_their_chunks(tmp_path: Path) -> None:
    draft = DraftBuilder(160, 90, 10).video("clip.mp4", 0, 4 * S).text("Dear {{name}}", 3 * S, S // 2)
    clip = media.counting_video(tmp_path / "clip.mp4", seconds=4, size="160x90", fps="10")
    with DraftServer() as drafts, served(tmp_path / "served", allow_hosts=drafts.host, render_slots="1") as process:
        url = drafts.add_draft("variants", draft.bytes(), {"clip.mp4": clip}) + "&name=%E5%A4%8F"
        server = process.start()
        inputs = [{"draftUrl": url, "replace": [{"name": "name", "text": text}]} for text in ("Ann", "Bob")]
        results = server.data(SUBMIT, inputs=inputs)["submitVideoTasks"]["results"]
        videos: list[Video] = []
        for number, result in enumerate(results):
            with urllib.request.urlopen(ended(server, result["task"]["id"])["videoUrl"]) as answer:
                assert answer.headers["content-disposition"].endswith("filename*=UTF-8''%E5%A4%8F.mp4")
                path = tmp_path / f"{number}.mp4"
                path.write_bytes(answer.read())
            videos.append(Video(path))
    ann, bob = videos
    assert np.array_equal(ann.rgb(5), bob.rgb(5))
    assert not np.array_equal(ann.rgb(32), bob.rgb(32))
    (owner,) = (tmp_path / "served" / "data" / "kept").iterdir()
    assert len(list(owner.iterdir())) == 3  # two chunks of the first, and the changed one of the second


def ended(server: Server, task_id: str) -> Json:
    """The task at its end, which must be a video."""
    query = "query($id: ID!) { videoTask(id: $id) { status draftUrl videoUrl error { message } } }"
    waiting: Json = {"draft_url": "", "wait_seconds": 20}
    while (task := server.data(query, id=task_id)["videoTask"])["status"] in ("PENDING", "PROCESSING"):
        server.post("/v1/gen_video_status", {**waiting, "draft_url": task["draftUrl"]})
    assert task["status"] == "COMPLETED", task
    found: Json = task
    return found
