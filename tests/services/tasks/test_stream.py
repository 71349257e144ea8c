"""The stream of an attempt: what was announced stays as it is, whichever attempt makes it again."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from services.exporter_protocol.lines import FragmentLine, StreamLine
from services.files.store import FileStore, S3Options
from services.store.records import Task
from services.stream import Fragment, Stream, fragment_name, initialization_name, stream_key
from services.worker.progress import AttemptProgress
from services.worker.progress_writer import Attempt
from services.worker.stream import AttemptStream
from tests.support.programs import S3, S3_KEYS
from tests.support.tasks import running_task

NONE = Stream(1, Fraction(30), 90)
BEGIN = StreamLine("init.mp4", (30, 1), 90)


@pytest.fixture(params=["local", "S3"])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileStore:
    """An empty file storage of each kind."""
    if request.param == "local":
        return FileStore((tmp_path / "files").as_uri(), "http://a.example")
    s3: S3 = request.getfixturevalue("s3")
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    return FileStore(f"s3://{s3.bucket}/{tmp_path.name}", "http://a.example", S3Options(s3.endpoint, "us-east-1"))


def begun(folder: Path, task: Task, content: str, beginning: str = "the beginning") -> Attempt:
    """An attempt whose exporter has written a stream of 90 frames."""
    made = folder / str(task.attempt)
    made.mkdir()
    (made / "init.mp4").write_text(beginning)
    for number in range(3):
        (made / f"{number}.m4s").write_text(f"{content} {number}")
    return Attempt(task, made, AttemptProgress(task))


def streamed(files: FileStore, attempt: Attempt, *frames: int, first: int = 0, ends: bool = True) -> Task:
    """The task after the attempt has stored fragments of so many frames from `first` on, and has ended or been lost."""
    told = [attempt.task.stream]

    async def stored() -> None:
        async with asyncio.timeout(10):
            while counts(told[-1]) != frames:
                await asyncio.sleep(0.01)
                told.extend(update.stream for update in attempt.progress.take())

    async def scenario() -> None:
        stream = AttemptStream(files, attempt.task, attempt.folder, attempt.progress.on_stream)
        async with stream.serve():
            stream.add(BEGIN)
            for number, count in enumerate(frames, first):
                stream.add(FragmentLine(number, f"{number}.m4s", count))
            if not ends:
                await stored()
                raise ConnectionError
        stream.end()

    with suppress(ConnectionError):
        asyncio.run(scenario())
    told.extend(update.stream for update in attempt.progress.take())
    return replace(attempt.task, stream=told[-1])


def counts(text: str | None) -> tuple[int, ...]:
    """The numbers of frames of a stored stream's fragments."""
    return tuple(each.frames for each in (Stream.stored(text, 1) or NONE).fragments)


def contents(files: FileStore, task: Task, folder: Path) -> list[str]:
    """What the stream's initialization and fragments hold."""
    stream = Stream.stored(task.stream, task.run)
    assert stream is not None
    writers = [each.writer for each in stream.fragments]
    names = [initialization_name(writers[0]), *(fragment_name(number, each) for number, each in enumerate(writers))]

    async def read(name: str) -> str:
        await files.get(stream_key(task.id, task.run, name), folder / "got")
        return (folder / "got").read_text()

    return [asyncio.run(read(name)) for name in names]


def test_another_attempt_adds_to_what_was_announced(files: FileStore, tmp_path: Path) -> None:
    lost = streamed(files, begun(tmp_path, running_task(), "first"), 30, 30, ends=False)
    assert counts(lost.stream) == (30, 30)
    again = begun(tmp_path, replace(lost, attempt=2), "second")
    whole = streamed(files, again, 30, 30, 30)
    assert counts(whole.stream) == (30, 30, 30)
    assert contents(files, whole, tmp_path) == ["the beginning", "first 0", "first 1", "second 2"]


def test_an_attempt_that_was_lost_and_still_lives_changes_nothing_that_was_announced(
    files: FileStore, tmp_path: Path
) -> None:
    fenced_off = begun(tmp_path, running_task(), "first")
    again = begun(tmp_path, replace(fenced_off.task, attempt=2), "second")
    whole = streamed(files, again, 30, 30, 30)
    (fenced_off.folder / "init.mp4").write_text("another beginning")
    streamed(files, fenced_off, 30, 30, 30)
    assert contents(files, whole, tmp_path) == ["the beginning", "second 0", "second 1", "second 2"]


def test_a_stream_of_the_release_before_goes_on(files: FileStore, tmp_path: Path) -> None:
    before = replace(running_task(), stream="1 30 90: 30 30")
    for name, text in (("init.mp4", "the beginning"), ("0.m4s", "before 0"), ("1.m4s", "before 1")):
        asyncio.run(files.put(stream_key(before.id, 1, name), text.encode()))
    whole = streamed(files, begun(tmp_path, before, "now"), 30, 30, 30)
    assert contents(files, whole, tmp_path) == ["the beginning", "before 0", "before 1", "now 2"]


@pytest.mark.parametrize(("beginning", "frames"), [("another", (30, 30, 30)), ("the beginning", (30, 15, 45))])
def test_an_attempt_that_makes_other_fragments_ends_the_stream(
    files: FileStore, tmp_path: Path, beginning: str, frames: tuple[int, ...]
) -> None:
    lost = streamed(files, begun(tmp_path, running_task(), "first"), 30, 30, ends=False)
    other = begun(tmp_path, replace(lost, attempt=2), "second", beginning)
    assert streamed(files, other, *frames).stream == ""
    assert contents(files, lost, tmp_path)[2] == "first 1"


@pytest.mark.parametrize(("first", "fragments"), [(1, (30, 30, 30)), (2, (30, 30, 30)), (3, ())])
def test_a_part_goes_on_after_those_before_it(
    files: FileStore, tmp_path: Path, first: int, fragments: tuple[int, ...]
) -> None:
    before = replace(running_task(), stream="1 30 90: 30 30")
    asyncio.run(files.put(stream_key(before.id, 1, "init.mp4"), b"the beginning"))
    after = streamed(files, begun(tmp_path, before, "part"), *[30] * (3 - first or 1), first=first)
    assert counts(after.stream) == fragments


def test_a_stream_without_its_end_is_none(files: FileStore, tmp_path: Path) -> None:
    assert streamed(files, begun(tmp_path, running_task(), "first"), 30, 30).stream == ""


@pytest.mark.parametrize("frames", [0, 121, 200])
def test_a_fragment_has_a_frame_and_at_most_four_seconds(frames: int) -> None:
    assert Stream.begun(1, StreamLine("init.mp4", (30, 1), 300)).longer(Fragment(frames)) is None


def test_a_stream_is_that_of_its_run() -> None:
    text = "1 30000/1001 90: 30 @5f2c81d0 30 15 @08aa3e71 15"
    stream = Stream.stored(text, 1)
    assert stream is not None
    assert stream.text() == text
    assert [each.writer for each in stream.fragments] == ["", "5f2c81d0", "5f2c81d0", "08aa3e71"]
    assert Stream.stored(text, 2) is None
    assert Stream.stored("", 1) is None
