"""The application: every route, and the services behind them."""

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

from draftcast.api import files, health, openapi, page, sample, uploads
from draftcast.api.capcut_mate import endpoints
from draftcast.api.graphql_http.endpoint import HttpEndpoint
from draftcast.api.graphql_ws.endpoint import GraphQLEndpoint
from draftcast.api.origins import own_origins
from draftcast.api.response_cache import CachedAnswers, ResponseCacheMiddleware
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
"""Its editor writes style sheets into the page; scripts come as files of ours only."""


def create_app(settings: Settings, *, work: bool = True) -> Starlette:
    """The application; its services open with its lifespan, with a worker among them when `work` is set."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        async with open_services(settings, work=work) as services:
            yield {"services": services, "health": services.health}

    schema = build_schema(introspection=settings.introspection)
    answers = OperationExecutor(schema, accelerated=settings.accelerator)
    polling = endpoints.PollingEndpoint(settings)
    status_paths = {f"{prefix}/gen_video_status": polling for prefix in endpoints.PREFIXES}
    quick: dict[str, CachedAnswers] = {"/graphql": answers.questions, **status_paths} if settings.accelerator else {}
    app = _CachedApp(
        routes=_routes(settings, schema, answers, polling), middleware=_middleware(settings), lifespan=lifespan
    )
    app.quick = quick
    return app


class _CachedApp(Starlette):
    """An application behind a `ResponseCacheMiddleware`, which comes before every middleware."""

    quick: Mapping[str, CachedAnswers]

    def build_middleware_stack(self) -> ASGIApp:
        """See Starlette."""
        return ResponseCacheMiddleware(super().build_middleware_stack(), self.quick)


def watch_app(of_worker: Health) -> Starlette:
    """What a worker without the API tells of itself."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        yield {"health": of_worker}

    return Starlette(routes=health.routes(), lifespan=lifespan)


def _origins(settings: Settings) -> tuple[str, ...]:
    return *own_origins(settings.base_url), *settings.origins


def _middleware(settings: Settings) -> list[Middleware]:
    """No answer may be read by pages of origins that the operator does not name; no cookies are used at all."""
    pages = Middleware(
        CORSMiddleware,
        allow_origins=settings.origins,
        allow_methods=["GET", "HEAD", "POST"],
        allow_headers=["authorization", "content-type", "accept-language", "last-event-id"],
        expose_headers=["retry-after"],
    )
    return [Middleware(SecurityHeaders, origins=_origins(settings)), *([pages] if settings.origins else [])]


def _routes(
    settings: Settings, schema: Schema, answers: OperationExecutor, polling: endpoints.PollingEndpoint
) -> list[BaseRoute]:
    origins = _origins(settings)
    return [
        *page.routes(settings),
        Route("/graphql", HttpEndpoint(answers, origins)),
        WebSocketRoute("/graphql", GraphQLEndpoint(schema, origins, answers)),
        *polling.mounts(),
        *openapi.routes(settings),
        Route("/files/{key:path}", files.serve),
        *sample.routes(settings.base_url),
        *uploads.routes(),
        *health.routes(),
        *([_graphiql()] if settings.graphiql else []),
    ]


def _graphiql() -> BaseRoute:
    """GraphiQL's own files, which set-up fetches; without them, a word on how to get them."""
    if GRAPHIQL_DIR.is_dir():
        return Mount("/graphiql", _Files(directory=GRAPHIQL_DIR, html=True))

    async def missing(_: Request) -> Response:
        return PlainTextResponse("GraphiQL's files are not here; `make setup` fetches them.\n", 404)

    return Route("/graphiql/{rest:path}", missing)


class _Files(StaticFiles):
    """GraphiQL's files, with a policy that lets them run."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See `StaticFiles`."""
        response = await super().get_response(path, scope)
        response.headers["content-security-policy"] = GRAPHIQL_POLICY
        return response
