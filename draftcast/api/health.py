"""Liveness, readiness and metrics for operators."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.errors import StoreUnavailable
from services.monitoring.health import Health
from services.monitoring.metrics import CONTENT_TYPE

_FRESH = {"cache-control": "no-store"}


def routes() -> list[Route]:
    """`/healthz`, `/readyz` and `/metrics`."""
    return [Route("/healthz", _healthz), Route("/readyz", _readyz), Route("/metrics", _metrics)]


async def _healthz(_: Request) -> Response:
    return PlainTextResponse("ok\n", headers=_FRESH)


async def _readyz(request: Request) -> Response:
    """200 when the server can handle requests, else 503; the result of each check by name."""
    checks = await _health(request).checks()
    ready = all(check.ok for check in checks if check.needed)
    found = {check.name: "ok" if check.ok else "failing" for check in checks}
    return JSONResponse({"ready": ready, "checks": found}, 200 if ready else 503, _FRESH)


async def _metrics(request: Request) -> Response:
    try:
        metrics = await _health(request).metrics()
    except StoreUnavailable:
        return PlainTextResponse("the database does not answer\n", 503, _FRESH)
    return Response(metrics, headers={**_FRESH, "content-type": CONTENT_TYPE})


def _health(request: Request) -> Health:
    found: Health = request.state.health
    return found
