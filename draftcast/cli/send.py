"""The draft URL of any draft: one on this machine is uploaded first."""

from collections.abc import Callable, Generator
from pathlib import Path

from draftcast.cli import upload
from draftcast.cli.local_drafts import opened
from draftcast.cli.progress import SendingBar
from draftcast.cli.terminal import Exit, Stopped, run
from draftcast_client import archive
from services.drafts.locate import DRAFT_NAMES
from services.drafts.source import FOLDER_HINT, no_draft
from services.errors import RequestError


def sent(server: str, draft: str, *, quiet: bool) -> str:
    """The draft's URL; a draft on this machine is uploaded first."""
    if draft.startswith(("http://", "https://")):
        return draft
    path = Path(draft).absolute()
    as_it_is = path.is_file() and path.suffix.lower() != ".json"
    try:
        with opened(draft) as source:
            if not as_it_is or source.files:
                files = upload.entries(source)
                _with_draft(source.folder, files)
                with SendingBar([file.stat().st_size for _, file in files], source.files.values(), quiet) as bar:
                    return _send(server, path.stem, archive.zipped(files), bar.sent)
    except RequestError:
        if not as_it_is:
            raise
    # The zip is complete, or broken: the server reports that.
    with SendingBar([path.stat().st_size], (), quiet) as bar:
        return _send(server, path.stem, archive.read(path), bar.sent)


def _with_draft(folder: Path, files: list[archive.Entry]) -> None:
    """Raises `Stopped` for a folder without a draft, before anything is sent."""
    if not any(name.rpartition("/")[2] in DRAFT_NAMES for name, _ in files):
        raise Stopped("DRAFT_NOT_FOUND", no_draft(folder), FOLDER_HINT, Exit.USAGE)


def _send(server: str, name: str, chunks: Generator[bytes], on_sent: Callable[[int], None]) -> str:
    draft_url: str = run(upload.send(server, name, chunks, on_sent))
    return draft_url
