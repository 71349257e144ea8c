"""The built-in sample draft, in the form of capcut-mate's `get_draft`."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.drafts.sample import FILES, GET_DRAFT, SAMPLE_DIR, SAMPLE_DRAFT_ID, sample_files

SAMPLE_FILES = f"{FILES}{SAMPLE_DRAFT_ID}"


def routes(base_url: str) -> list[Route | Mount]:
    """The list of the draft's files, and the files."""

    async def get_draft(request: Request) -> Response:
        if request.query_params.get("draft_id") != SAMPLE_DRAFT_ID:
            return JSONResponse({"code": 2001, "message": "无效的草稿URL"})
        files = [f"{base_url}{SAMPLE_FILES}/{quote(name)}" for name in sample_files()]
        return JSONResponse({"code": 0, "message": "成功", "files": files})

    return [Route(GET_DRAFT, get_draft), Mount(SAMPLE_FILES, StaticFiles(directory=SAMPLE_DIR, check_dir=False))]
