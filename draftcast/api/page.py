"""The web page at `/`, and at `/tasks/ID` with that task opened. A content security policy allows only its own files,
which `make setup` builds.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from resolvers.context import services_of
from services.environment import ASSETS_DIR
from services.settings import Settings

PAGE_DIR = ASSETS_DIR / "page"
_GRAPHIQL = '<link rel="help" href="/graphiql/" />'
_MISSING = "The page's files are not here; `make setup` builds them. The API is at /graphql and /v1/gen_video.\n"


def routes(settings: Settings) -> list[Route | Mount]:
    """The page and its files."""
    base = urlsplit(settings.base_url)

    async def front_page(request: Request) -> Response:
        media = ["'self'", f"{base.scheme}://{base.netloc}", await services_of(request).files.origin()]
        headers = {"content-security-policy": _policy(" ".join(filter(None, media))), **_HEADERS}
        try:
            text = (PAGE_DIR / "index.html").read_text(encoding="utf-8")
        except FileNotFoundError:
            return PlainTextResponse(_MISSING, headers=headers)
        return HTMLResponse(text if settings.graphiql else text.replace(_GRAPHIQL, ""), headers=headers)

    pages = [Route(path, front_page) for path in ("/", "/tasks/{id}")]
    return [*pages, Mount("/page", _Files(directory=PAGE_DIR, check_dir=False))]


_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def _policy(media: str) -> str:
    """Scripts and styles come from this server only. Videos, streams and pictures also come from its public URL, and
    from the S3 service that it redirects to: a browser needs both in the policy. hls.js hands fragments on as a blob.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {media}",
            f"media-src {media} blob:",
            f"connect-src {media}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


class _Files(StaticFiles):
    """The page's files, revalidated at each request (304), so that an upgrade takes effect at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file."""
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response
