import asyncio
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.errors import SettingsError
from services.files.names import file_name
from services.files.store import FileStore, S3Options
from tests.support.programs import S3, S3_KEYS

KEY = "videos/task/1/video.mp4"
BASE = "http://127.0.0.1:8000"


@pytest.fixture(params=["folder", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """An empty storage of each kind."""
    if request.param == "folder":
        return FileStore((tmp_path / "files").as_uri(), BASE)
    server: S3 = request.getfixturevalue("s3")
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    return FileStore(f"s3://{server.bucket}/{tmp_path.name}", BASE, S3Options(server.endpoint, "us-east-1"))


def stored(files: FileStore, key: str) -> bytes | None:
    """What is there, as a client gets it."""
    signed = asyncio.run(files.signed_url(key))
    if signed is None:
        path = files.local_path(key)
        return path.read_bytes() if path else None
    try:
        with urllib.request.urlopen(signed) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return None
        raise


def test_a_file_comes_back_as_it_was_put_however_large(files: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for content in (b"", b"small", os.urandom(11_000_000)):  # the last one goes in parts
        source.write_bytes(content)
        asyncio.run(files.put(KEY, source))
        assert stored(files, KEY) == content


def test_a_file_is_fetched_as_it_was_put(files: FileStore, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(3_000_000))
    asyncio.run(files.put("parts/1/1-0-1.mp4", source))
    asyncio.run(files.get("parts/1/1-0-1.mp4", target))
    assert target.read_bytes() == source.read_bytes()
    with pytest.raises(FileNotFoundError):
        asyncio.run(files.get("parts/1/1-1-1.mp4", target))


def test_what_is_removed_is_gone_and_nothing_else(files: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    keys = [KEY, "videos/task/2/video.mp4", "videos/task/2/thumbnail.jpg", "videos/task2/1/video.mp4"]
    for key in keys:
        asyncio.run(files.put(key, source))
    asyncio.run(files.remove(keys[1]))
    asyncio.run(files.remove(keys[1]))
    assert [stored(files, key) for key in keys] == [b"x", None, b"x", b"x"]
    asyncio.run(files.delete("videos/task"))
    assert [stored(files, key) for key in keys] == [None, None, None, b"x"]


def test_a_put_that_is_cancelled_ends_after_the_service_has_stored_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    events: list[str] = []

    async def scenario() -> None:
        arrived, answered = asyncio.Event(), asyncio.Event()

        async def put(request: web.Request) -> web.Response:
            await request.read()
            arrived.set()
            await answered.wait()
            events.append("stored")
            return web.Response(headers={"ETag": '"1"'})

        app = web.Application()
        app.router.add_put("/{path:.*}", put)
        async with TestServer(app) as server:
            files = FileStore("s3://bucket", BASE, S3Options(str(server.make_url("")), "us-east-1"))
            putting = asyncio.create_task(files.put(KEY, b"content"))
            putting.add_done_callback(lambda _: events.append("ended"))
            await arrived.wait()
            putting.cancel()
            asyncio.get_running_loop().call_soon(lambda: asyncio.get_running_loop().call_soon(answered.set))
            await asyncio.gather(putting, return_exceptions=True)
            assert putting.cancelled()

    asyncio.run(scenario())
    assert events == ["stored", "ended"]


def test_a_check_leaves_nothing_behind(files: FileStore) -> None:
    files.check()


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "videos/../../x", "./x", "a\0b"])
def test_a_key_cannot_leave_the_storage(files: FileStore, key: str) -> None:
    assert files.local_path(key) is None
    assert asyncio.run(files.signed_url(key)) is None


def test_a_storage_that_refuses_raises_os_error(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    files = FileStore("s3://no-such-bucket", BASE, S3Options(s3.endpoint, "us-east-1"))
    (tmp_path / "source").write_bytes(b"x")
    with pytest.raises(OSError, match=r"NoSuchBucket|not found|404"):
        asyncio.run(files.put(KEY, tmp_path / "source"))


def test_a_signed_address_tells_types_and_caching_of_the_file(
    s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    files = FileStore(f"s3://{s3.bucket}/headers/", BASE, S3Options(s3.endpoint, "us-east-1"))
    (tmp_path / "source").write_bytes(b"x")
    for key, kind, caching in [
        (KEY, "video/mp4", "immutable"),
        ("videos/task/1/preview.jpg", "image/jpeg", "no-cache"),
    ]:
        asyncio.run(files.put(key, tmp_path / "source"))
        signed = asyncio.run(files.signed_url(key))
        assert signed is not None
        with urllib.request.urlopen(signed) as answer:
            assert answer.headers["content-type"] == kind
            assert caching in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("options", "address"),
    [
        (S3Options("https://oss-cn-x.example", "cn-x", virtual_host=True), "https://films.oss-cn-x.example/made/k?"),
        (S3Options("https://store.example", "x"), "https://store.example/films/made/k?"),
        (S3Options("", "eu-x"), "https://s3.eu-x.amazonaws.com/films/made/k?"),
        (S3Options("", "eu-x", virtual_host=True), "https://films.s3.eu-x.amazonaws.com/made/k?"),
    ],
)
def test_the_bucket_stands_in_the_path_or_in_the_hosts_name(
    options: S3Options, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    files = FileStore("s3://films/made", BASE, options)
    signed = asyncio.run(files.signed_url("k"))
    assert signed is not None
    assert signed.startswith(address)
    assert address.startswith(f"{asyncio.run(files.origin())}/")


@pytest.mark.parametrize("url", ["ftp://a.example/x", "s3://", "/folder", ""])
def test_an_unknown_kind_of_storage_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DRAFTCAST_FILES_URL"):
        FileStore(url, BASE)


def test_a_file_in_s3_is_saved_under_its_name(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    files = FileStore(f"s3://{s3.bucket}/{tmp_path.name}", BASE, S3Options(s3.endpoint, "us-east-1"))
    asyncio.run(files.put(KEY, b"video", "夏日.mp4"))
    signed = asyncio.run(files.signed_url(KEY))
    assert signed is not None
    with urllib.request.urlopen(signed) as answer:
        found = answer.headers["content-disposition"]
    assert found == "inline; filename=\"video.mp4\"; filename*=UTF-8''%E5%A4%8F%E6%97%A5.mp4"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Summer sale", "Summer sale"),
        ("../../etc/passwd", "etc passwd"),
        ("a\r\nSet-Cookie: b", "a Set-Cookie  b"),
        ("photo\u202egpj.exe", "photo gpj.exe"),
        (" . ", ""),
        ("\ud800x", "x"),
        ("长" * 200, "长" * 100),
    ],
)
def test_names_of_files_have_nothing_that_a_file_system_or_a_header_refuses(name: str, expected: str) -> None:
    assert file_name(name) == expected
