"""The stages of a render, from request to result."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from services.drafts.ai_mark import marked
from services.drafts.families.looks import find_looks
from services.drafts.fit import facts_of, misfit
from services.drafts.flatten import flattened
from services.drafts.places import locator
from services.drafts.read.draft import read_draft
from services.drafts.records import Draft, MediaMaterial, drafts_of, segments_of
from services.drafts.replace import replaced
from services.drafts.resize import resized
from services.drafts.source import DraftSource
from services.errors import Bilingual, ErrorCode, Failed, failed
from services.exporter_protocol.lines import Result, Stage, Step, Unit
from services.exporter_protocol.reporter import Reporter
from services.exporter_protocol.request import ExportLimits, ExportRequest
from services.output import CLEAR, STREAMED, Output
from services.render.draft_source import fetcher_of, source_of
from services.render.encoding import unwritable
from services.render.export import Exporter, SourceFailed
from services.render.finish import publish
from services.render.kept import KeptFiles
from services.render.labels import label_fields, lost_labels, within_limit
from services.render.media.errors import unreadable
from services.render.output import PLAYED, FileWriter, can_copy, cut, frames_of, pictures
from services.render.parts import PartMaker, PartProtocol, TimelineFiles
from services.render.prepare.materials import material_failure
from services.render.prepare.timeline_builder import CompoundRenderer, TimelineBuilder
from services.render.process.costs import COSTS
from services.render.process.ffmpeg import Ffmpeg, FfmpegMissing, OnFrame, find_ffmpeg
from services.render.process.preview import Previews
from services.render.process.sandbox import close_network
from services.render.process.worker_lines import WorkerLines, worker_lines
from services.render.stream.writer import StreamWriter
from services.render.text.fonts import find_fonts
from services.render.timeline.scene import Timeline

FFMPEG_HINT = Bilingual(
    "Install ffmpeg 5.1 or newer with x264, or name one in DRAFTCAST_FFMPEG; `draftcast doctor` shows what was found.",
    "请安装带 x264 的 ffmpeg 5.1 或更新版本，或用 DRAFTCAST_FFMPEG 指定；`draftcast doctor` 会显示检测结果。",
)
FORMAT_HINT = Bilingual(
    "Choose another format, or name an ffmpeg with this encoder in DRAFTCAST_FFMPEG; `draftcast doctor` lists formats.",
    "请选择其他格式，或用 DRAFTCAST_FFMPEG 指定带该编码器的 ffmpeg；`draftcast doctor` 会列出可用格式。",
)
REMOVALS = 2
"""A thread that still writes a picture may add a file while the folder is emptied."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The paths a render writes to. `pieces` is removed at its end, the others if it fails."""

    pieces: Path
    unfinished: Path
    thumbnail: Path
    preview: Path


@contextmanager
def workspace(request: ExportRequest) -> Generator[Workspace]:
    """The workspace of a request; only the result's files remain afterwards."""
    request.folder.mkdir(parents=True, exist_ok=True)
    request.output.parent.mkdir(parents=True, exist_ok=True)
    places = Workspace(
        request.pieces,
        request.output.with_name(f".{request.output.name}.unfinished"),
        request.folder / "thumbnail.jpg",
        request.folder / "preview.jpg",
    )
    places.pieces.mkdir(exist_ok=True)
    try:
        yield places
    except BaseException:
        for path in (places.unfinished, places.thumbnail, places.preview, request.output):
            path.unlink(missing_ok=True)
        raise
    finally:
        for _ in range(REMOVALS):
            shutil.rmtree(places.pieces, ignore_errors=True)


async def render(request: ExportRequest, reporter: Reporter, places: Workspace) -> Result:
    """Render a draft. Raises `Failed`."""
    async with _started(request) as source:
        return await _render(request, reporter, places, source)


async def examine(
    request: ExportRequest, reporter: Reporter, places: Workspace, on_draft: Callable[[Draft], None]
) -> None:
    """Run a render up to its first frame, so that all warnings are reported; `on_draft` receives the draft once it is
    read. Raises `Failed` as a render does.
    """
    async with _started(request) as source:
        draft = await _draft(source, reporter, request)
        on_draft(draft)
        wanted = _wanted(draft, request)
        await _timeline(request, reporter, places, source, wanted, await _ffmpeg(request))


@asynccontextmanager
async def _started(request: ExportRequest) -> AsyncGenerator[DraftSource]:
    """The draft's source. The block ends within the time limit, or with RENDER_TIMEOUT."""
    seconds = request.limits.seconds
    what, what_zh = ("report", "检查草稿") if request.report else ("render", "渲染")
    clock = asyncio.timeout(seconds)
    try:
        async with clock, fetcher_of(request) as fetcher:
            yield source_of(request, fetcher)
    except TimeoutError:
        if not clock.expired():
            raise
        raise failed(
            ErrorCode.RENDER_TIMEOUT,
            f"The {what} took longer than {seconds} seconds.",
            f"{what_zh}超过了 {seconds} 秒的时限。",
        ) from None


async def _render(request: ExportRequest, reporter: Reporter, places: Workspace, source: DraftSource) -> Result:
    ffmpeg = await _ffmpeg(request)
    draft = _wanted(await _draft(source, reporter, request), request)
    compounds = None if request.helping else CompoundRenderer(ffmpeg, places.pieces)
    try:
        timeline = await _timeline(request, reporter, places, source, draft, ffmpeg, compounds)
        long = bool(request.share_seconds) and timeline.duration_us >= request.share_seconds * 1_000_000
        parted = long and request.options.format in PLAYED and not (compounds and compounds.made)
        async with AsyncExitStack() as stack:
            asked = request.helping or parted or request.keep_elsewhere
            lines = await stack.enter_async_context(worker_lines(reporter)) if asked else None
            protocol = PartProtocol(reporter, lines.orders) if lines and (request.helping or parted) else None
            made = await _make(request, reporter, places, ffmpeg, timeline, protocol, lines)
            return replace(made, name=draft.name or None)
    except SourceFailed as error:
        raise _source_failure(draft, source, error) from error


async def _timeline(
    request: ExportRequest,
    reporter: Reporter,
    places: Workspace,
    source: DraftSource,
    draft: Draft,
    ffmpeg: Ffmpeg,
    compounds: CompoundRenderer | None = None,
) -> Timeline:
    """The draft's timeline, with materials fetched and prepared; warnings are reported on the way. Without a
    `CompoundRenderer`, compounds are examined, but not rendered.
    """
    for each in drafts_of(draft):
        _check_size(each, request.limits)
    reporter.locate = locator(draft)
    for warning in draft.warnings:
        reporter.warn(warning)
    layouts = TimelineBuilder(source, find_fonts(request.font_dirs), places.pieces, reporter, ffmpeg, compounds)
    draft = flattened(marked(draft, request.options))
    with COSTS.step(Step.FETCH):
        await layouts.fetch(draft)
        await source.close()
    close_network()
    timeline = cut(await layouts.lay_out(draft, clear=request.options.format in CLEAR), request.options)
    labels = within_limit(layouts.labels)
    if len(labels) < len(layouts.labels):
        reporter.warn(lost_labels(len(layouts.labels) - len(labels)))
    return replace(timeline, labels=labels)


def _source_failure(draft: Draft, source: DraftSource, error: SourceFailed) -> Failed:
    """The failure for a file whose beginning decodes and whose used part does not."""
    segment = next(each for each in segments_of(draft) if each.id == error.segment_id)
    broken = unreadable("the part in use cannot be decoded", "所用部分无法解码")
    material = segment.material
    if isinstance(material, MediaMaterial):
        return material_failure(segment, material, source, broken)
    return failed(
        ErrorCode.RENDER_FAILED,
        f"The intermediate file of segment {segment.id} does not decode.",
        f"片段 {segment.id} 的中间结果无法解码。",
        segment_id=segment.id,
    )


async def _ffmpeg(request: ExportRequest) -> Ffmpeg:
    try:
        found = await asyncio.to_thread(find_ffmpeg, request.ffmpeg)
        missing = await asyncio.to_thread(unwritable, found, request.options.format)
    except FfmpegMissing as error:
        raise failed(
            ErrorCode.INTERNAL,
            f"No usable ffmpeg: {error}.",
            f"没有可用的 ffmpeg：{error}。",
            hint=FFMPEG_HINT,
        ) from error
    if missing is not None:
        raise failed(ErrorCode.FEATURE_UNSUPPORTED, f"{missing.en}.", f"{missing.zh}。", hint=FORMAT_HINT)
    return found


async def _draft(source: DraftSource, reporter: Reporter, request: ExportRequest) -> Draft:
    received = 0

    def on_bytes(count: int) -> None:
        nonlocal received
        received += count
        reporter.progress(Stage.PARSING_DRAFT, received, None, Unit.BYTES)

    with COSTS.step(Step.FETCH):
        content = await source.content(on_bytes)
    with COSTS.step(Step.READ):
        draft = await asyncio.to_thread(read_draft, content, find_looks(request.looks))
    received = max(received, len(content))
    reporter.progress(Stage.PARSING_DRAFT, received, received, Unit.BYTES)
    return draft


def _wanted(draft: Draft, request: ExportRequest) -> Draft:
    """The draft with the replacements, in the size and frame rate of the output. Raises `Failed` if they do not fit."""
    wrong = misfit(facts_of(draft), request.options, request.replacements, request.limits.pixels)
    if wrong is not None:
        raise wrong.failed
    return resized(replaced(draft, request.replacements), request.options)


def _check_size(draft: Draft, limits: ExportLimits) -> None:
    if draft.width * draft.height > limits.pixels:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The canvas has {draft.width}x{draft.height} pixels; at most {limits.pixels} are rendered.",
            f"画布为 {draft.width}x{draft.height} 像素，最多渲染 {limits.pixels} 像素。",
        )
    if draft.duration_us > limits.video_seconds * 1_000_000:
        raise failed(
            ErrorCode.DRAFT_TOO_LARGE,
            f"The draft is {draft.duration_us / 1e6:.1f} s long; at most {limits.video_seconds} s are rendered.",
            f"草稿时长 {draft.duration_us / 1e6:.1f} 秒，最多渲染 {limits.video_seconds} 秒。",
        )


def _exporting(reporter: Reporter, timeline: Timeline, options: Output) -> OnFrame:
    return lambda frames: reporter.progress(Stage.EXPORTING, frames, frames_of(timeline, options), Unit.FRAMES)


def _stream(request: ExportRequest, reporter: Reporter, places: Workspace, timeline: Timeline) -> StreamWriter | None:
    """The stream of the video, where it is requested and the format has one."""
    if not request.stream or request.options.format not in STREAMED:
        return None

    def begin(path: Path) -> None:
        reporter.stream(path, (timeline.rate.numerator, timeline.rate.denominator), timeline.shown.count)

    return StreamWriter(timeline, request.folder / "stream", places.pieces / "live.aac", begin, reporter.fragment)


async def _make(
    request: ExportRequest,
    reporter: Reporter,
    places: Workspace,
    ffmpeg: Ffmpeg,
    timeline: Timeline,
    protocol: PartProtocol | None,
    lines: WorkerLines | None,
) -> Result:
    options = request.options
    previews = Previews(places.preview, reporter.preview)
    on_frames = _exporting(reporter, timeline, options)
    copies = request.copy_video and can_copy(timeline, options) and not request.helping
    kept = None
    if request.keep_dir is not None:
        elsewhere = lines if request.keep_elsewhere else None
        kept = await KeptFiles.open(request, request.keep_dir, ffmpeg, timeline, elsewhere)
    stream = _stream(request, reporter, places, timeline)
    exporter = Exporter(
        ffmpeg,
        timeline,
        places.pieces,
        on_frames,
        previews,
        copies=copies,
        kept=kept,
        one_thread=request.timings,
        stream=None if protocol else stream,
    )
    files = TimelineFiles.below(places.pieces, request.materials_dir)
    parts = PartMaker(ffmpeg, timeline, exporter, files, protocol, stream) if protocol else None
    with COSTS.step(Step.PICTURE):
        exported = await (parts.exported() if parts else exporter.export(pictures(exporter, timeline, options)))

    def report_step(steps: int) -> None:
        reporter.progress(Stage.WRITING_FILE, steps, 3, Unit.ITEMS)

    report_step(0)
    label = options.ai_label and options.ai_label.of_task(request.task_id)
    fields = label_fields(label, timeline.labels)
    writer = FileWriter(ffmpeg, timeline, exported, options, fields, places.pieces, lambda: report_step(0))
    drawn = await writer.write(places.unfinished, places.thumbnail)
    report_step(2)
    await asyncio.to_thread(publish, places.unfinished, request.output)
    report_step(3)
    return Result(
        output=str(request.output),
        thumbnail=str(places.thumbnail) if drawn.frames else None,
        width=drawn.width,
        height=drawn.height,
        duration_us=timeline.duration_us,
        frames=drawn.frames,
        frame_rate=float(timeline.rate) if drawn.frames else 0.0,
        has_sound=exported.sound is not None,
    )
