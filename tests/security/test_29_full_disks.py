"""Row 29: uploads never fill the disk, whoever brings them; what is full says so; what is killed leaves nothing."""

import asyncio
import errno
import io
import json
import os
import socket
import time
import zipfile
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.drafts.uploads.store import MIN_FREE_BYTES, Uploads
from services.drafts.uploads.unpack import UnpackLimits
from tests.support.drafts import DraftBuilder
from tests.support.ffmpegs import used_ffmpeg
from tests.support.process import served
from tests.support.render import render
from tests.support.server import Server
from tests.support.small_disk import small_disk

ZIP = {"content-type": "application/zip", "accept-language": "en"}
DRAFT = "draft_content.json"
WEEK = 7 * 24 * 3600
_BRING = """
import asyncio, io, json, os, sys, zipfile
from pathlib import Path
from services.drafts.uploads.quota import STEP_BYTES
from services.drafts.uploads.store import MAX_CONCURRENT, Uploads
from services.drafts.uploads.unpack import UnpackLimits

def draft(size, method):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        made.writestr("draft_content.json", b"{}")
        made.writestr("a.bin", bytes(size))
    return target.getvalue()

async def chunks(content):
    yield content

async def bring(uploads, owner, content):
    try:
        await uploads.put(owner, chunks(content))
    except Exception as error:
        return type(error).__name__
    return "kept"

async def main(folder, *wanted):
    # no room is spared, so that the disk itself says that it is full
    uploads = Uploads(folder, UnpackLimits(10**9, 10**9), 3600, min_free_bytes=-MAX_CONCURRENT * STEP_BYTES)
    async with uploads.serve():
        print(json.dumps([await bring(uploads, owner, draft(size, method)) for owner, size, method in wanted]))

asyncio.run(main(Path(sys.argv[1]), *json.loads(sys.argv[2])))
"""


def zipped(size: int) -> bytes:
    """A draft of so many bytes, of which nearly none are sent."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(DRAFT, b"{}")
        made.writestr("a.bin", bytes(size))
    return target.getvalue()


def test_four_uploads_at_once_leave_what_must_be_left(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 1300) as disk, served(tmp_path) as running:
        running.prefix = disk.prefix
        server, content, free = running.start(), zipped(330_000_000), [10**12]
        with ThreadPoolExecutor(4) as pool:
            bringing = [pool.submit(server.request, "POST", "/drafts", content, ZIP) for _ in range(4)]
            while not all(each.done() for each in bringing):
                found = os.statvfs(disk.outside(disk.folder))
                free.append(found.f_bavail * found.f_frsize)
        answers = [each.result() for each in bringing]
        assert min(free) >= MIN_FREE_BYTES
        assert [answer.status for answer in answers] == [503] * 4
        assert all("disk is nearly full" in answer.json["error"]["details"] for answer in answers)
        assert list(disk.outside(disk.folder / "drafts").iterdir()) == []
        assert "Traceback" not in running.log


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_disk_that_is_full_amid_an_upload_is_not_the_callers_mistake(tmp_path: Path, method: int) -> None:
    """It is full while the zip comes, or while it is unpacked."""
    with small_disk(tmp_path / "small", 8) as disk:
        said = disk.run(_BRING, str(disk.folder / "drafts"), json.dumps([("", 9_000_000, method), ("", 9, method)]))
        assert json.loads(said) == ["DiskFull", "kept"]
        wanted = json.dumps([("", 5_000_000, zipfile.ZIP_STORED)])
        assert json.loads(disk.run(_BRING, str(disk.folder / "drafts"), wanted)) == ["DiskFull"]


def test_an_owners_drafts_leave_as_much_to_others_as_they_take(tmp_path: Path) -> None:
    anna, bert = [("key anna", 1_000_000, zipfile.ZIP_DEFLATED)], [("key bert", 1_000_000, zipfile.ZIP_DEFLATED)]
    with small_disk(tmp_path / "small", 10) as disk:
        said = json.loads(disk.run(_BRING, str(disk.folder / "drafts"), json.dumps(anna * 9 + bert)))
    assert said[:4] == ["kept"] * 4
    assert set(said[5:-1]) <= {"QuotaExceeded", "DiskFull"}
    assert said[-1] == "kept"


def test_an_upload_that_was_killed_is_gone_after_the_next_start_and_one_under_way_is_not(tmp_path: Path) -> None:
    drafts = tmp_path / "data" / "drafts"
    with served(tmp_path) as running, half_an_upload(running.start()):
        coming(drafts, 1)
        running.kill()
        server = running.start()
        assert list(drafts.iterdir()) == []
        with half_an_upload(server):
            (folder,) = coming(drafts, 1)
            other = Uploads(drafts, UnpackLimits(1000, 1000), WEEK)
            asyncio.run(opened_and_closed(other))
            assert folder.is_dir()


@pytest.mark.parametrize(("step", "number"), [("-filter_complex", errno.ENOSPC), ("concat", errno.EDQUOT)])
def test_a_disk_or_a_share_of_it_that_ffmpeg_finds_full_is_out_of_disk(tmp_path: Path, step: str, number: int) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(
        f"#!/bin/sh\ncase \"$*\" in *{step}*) echo '{os.strerror(number)}' >&2; exit 1;; esac\n"
        f'exec {used_ffmpeg()} "$@"\n'
    )
    program.chmod(0o755)
    error = render(tmp_path, DraftBuilder(64, 36).text("x", 0, 100_000), ffmpeg=str(program)).error
    assert (error["code"], error["retryable"]) == ("OUT_OF_DISK", True)


def half_an_upload(server: Server) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    opened.sendall(b"POST /drafts HTTP/1.1\r\nHost: h\r\nContent-Type: application/zip\r\nContent-Length: 99\r\n\r\nPK")
    return opened


def coming(drafts: Path, count: int) -> list[Path]:
    """The folders of uploads, once there are so many."""
    ends = time.monotonic() + 30
    while len(found := [zip_file.parent for zip_file in drafts.glob("coming-*/zip")]) != count:
        assert time.monotonic() < ends
    return found


async def opened_and_closed(uploads: Uploads) -> None:
    async with uploads.serve():
        pass


def test_a_clock_that_jumps_forward_takes_no_draft_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def content() -> AsyncGenerator[bytes]:
        yield zipped(10)

    async def run() -> None:
        uploads, real = Uploads(tmp_path, UnpackLimits(1000, 1000), WEEK, min_free_bytes=0), time.time
        async with uploads.serve():
            kept = await uploads.put("key anna", content())
            monkeypatch.setattr(time, "time", lambda: real() + 2 * WEEK)
            monkeypatch.setattr(time, "time_ns", lambda: int((real() + 2 * WEEK) * 1e9))
            assert uploads.files(kept.draft_id) == ("a.bin", DRAFT)

    asyncio.run(run())
