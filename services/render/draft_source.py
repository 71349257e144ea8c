"""The source of a request's draft."""

from services.drafts.fetch import Fetcher, FetchLimits
from services.drafts.source import DraftSource, LocalDraft, RemoteDraft
from services.exporter_protocol.request import ExportRequest


def fetcher_of(request: ExportRequest) -> Fetcher:
    """What fetches the draft and its materials."""
    limits = FetchLimits(
        draft_bytes=request.limits.draft_bytes,
        material_bytes=request.limits.material_bytes,
        task_bytes=request.limits.task_bytes,
    )
    return Fetcher(
        cache_dir=request.materials_dir,
        allow_hosts=request.allow_hosts,
        own_urls=request.own_urls,
        limits=limits,
    )


def source_of(request: ExportRequest, fetcher: Fetcher) -> DraftSource:
    """The folder of this machine, or the URL, that the request names."""
    if request.draft_folder is not None:
        return LocalDraft(request.draft_folder, fetcher, request.draft_files)
    return RemoteDraft(fetcher, request.draft_url)
