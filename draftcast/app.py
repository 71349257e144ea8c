"""The ASGI application: all routes, middleware and services."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from draftcast.api import files, health, openapi, openapi_tools, page, sample, uploads
from draftcast.api.capcut_mate import endpoints
from draftcast.api.graphql_http.endpoint import HttpEndpoint
from draftcast.api.graphql_ws.endpoint import GraphQLEndpoint
from draftcast.api.mcp import endpoint as mcp
from draftcast.api.origins import own_origins
from draftcast.api.response_cache import CachedResponse, ResponseCacheMiddleware
from draftcast.api.security_headers import SecurityHeaders
from schema.execution.build import Schema, build_schema
from schema.execution.executor import OperationExecutor
from services.compose import open_services
from services.environment import ASSETS_DIR
from services.monitoring.health import Health
from services.settings import Settings

GRAPHIQL_DIR = ASSETS_DIR / "graphiql"
GRAPHIQL_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
"""GraphiQL's editor adds inline style sheets; scripts come from this server only."""


def create_app(settings: Settings, *, work: bool = True) -> Starlette:
    """The application. Its lifespan opens the services, with a worker when `work` is set."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        async with open_services(settings, work=work) as services:
            yield {"services": services, "health": services.health}

    schema = build_schema(introspection=settings.introspection)
    executor = OperationExecutor(schema, accelerated=settings.accelerator)
    polling = endpoints.PollingEndpoint(settings)
    status_paths = {f"{prefix}/gen_video_status": polling.respond for prefix in endpoints.PREFIXES}
    caches = {"/graphql": executor.response_cache.respond, **status_paths} if settings.accelerator else {}
    app = _CachedApp(
        routes=_routes(settings, schema, executor, polling), middleware=_middleware(settings), lifespan=lifespan
    )
    app.caches = caches
    return app


class _CachedApp(Starlette):
    """An application behind a `ResponseCacheMiddleware`, which comes before all other middleware."""

    caches: Mapping[str, CachedResponse]

    def build_middleware_stack(self) -> ASGIApp:
        """See Starlette."""
        return ResponseCacheMiddleware(super().build_middleware_stack(), self.caches)


def watch_app(of_worker: Health) -> Starlette:
    """The health and metrics of a worker without the API."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        yield {"health": of_worker}

    return Starlette(routes=health.routes(), lifespan=lifespan)


def _origins(settings: Settings) -> tuple[str, ...]:
    return *own_origins(settings.base_url), *settings.origins


def _middleware(settings: Settings) -> list[Middleware]:
    """Only web pages of the configured origins may read responses; no cookies are used."""
    pages = Middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=["GET", "HEAD", "POST"],
        allow_headers=["authorization", "content-type", "accept-language", "last-event-id"],
        expose_headers=["retry-after"],
    )
    return [Middleware(SecurityHeaders, origins=_origins(settings)), *([pages] if settings.origins else [])]


def _routes(
    settings: Settings, schema: Schema, executor: OperationExecutor, polling: endpoints.PollingEndpoint
) -> list[BaseRoute]:
    origins = _origins(settings)
    return [
        *page.routes(settings),
        Route("/graphql", HttpEndpoint(executor, origins)),
        WebSocketRoute("/graphql", GraphQLEndpoint(schema, origins, executor)),
        Route(mcp.PATH, mcp.McpEndpoint(executor, origins)),
        *polling.mounts(),
        *openapi.routes(settings),
        *openapi_tools.routes(settings),
        Route("/files/{key:path}", files.serve),
        *sample.routes(settings.base_url),
        *uploads.routes(),
        *health.routes(),
        *([_graphiql()] if settings.graphiql else []),
    ]


def _graphiql() -> BaseRoute:
    """GraphiQL's files, which `make setup` fetches; without them, a text that says so."""
    if GRAPHIQL_DIR.is_dir():
        return Mount("/graphiql", _Files(directory=GRAPHIQL_DIR, html=True))

    async def missing(_: Request) -> Response:
        return PlainTextResponse("GraphiQL's files are not here; `make setup` fetches them.\n", 404)

    return Route("/graphiql/{rest:path}", missing)


class _Files(StaticFiles):
    """GraphiQL's files, with a content security policy that lets them run."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See `StaticFiles`."""
        response = await super().get_response(path, scope)
        response.headers["content-security-policy"] = GRAPHIQL_POLICY
        return response
