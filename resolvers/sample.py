"""The built-in sample draft, served in the form in which capcut-mate's `get_draft` serves drafts."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.drafts.sample import SAMPLE_DIR, SAMPLE_DRAFT_ID, sample_files

GET_DRAFT = "/sample/get_draft"
FILES = f"/sample/output/draft/{SAMPLE_DRAFT_ID}"


def draft_url(base_url: str) -> str:
    """The sample's draft URL on the server of that address."""
    return f"{base_url}{GET_DRAFT}?draft_id={SAMPLE_DRAFT_ID}"


def routes(base_url: str) -> list[Route | Mount]:
    """The list of the draft's files, and the files."""

    async def get_draft(request: Request) -> Response:
        if request.query_params.get("draft_id") != SAMPLE_DRAFT_ID:
            return JSONResponse({"code": 2001, "message": "无效的草稿URL"})
        files = [f"{base_url}{FILES}/{quote(name)}" for name in sample_files()]
        return JSONResponse({"code": 0, "message": "成功", "files": files})

    return [Route(GET_DRAFT, get_draft), Mount(FILES, StaticFiles(directory=SAMPLE_DIR, check_dir=False))]
