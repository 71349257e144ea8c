"""The application: every route, and the services behind them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from resolvers import drafts, files, page, rest, sample
from resolvers.bodies import LARGEST_BODY_BYTES
from resolvers.endpoint import GraphQLEndpoint
from resolvers.shield import Shield, own_origins
from schema.build import build_schema
from services.assets import ASSETS_DIR
from services.compose import open_services
from services.settings import Settings

GRAPHIQL_DIR = ASSETS_DIR / "graphiql"
SHUTDOWN_SECONDS = 3
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
            yield {"services": services}

    return Starlette(routes=_routes(settings), lifespan=lifespan, middleware=_middleware(settings))


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
    return [Middleware(Shield, origins=_origins(settings)), *([pages] if settings.origins else [])]


def uvicorn_config(settings: Settings, *, work: bool = True) -> uvicorn.Config:
    """How the application is served: messages and bodies are bounded, and nothing is done that costs
    every request without need (an access log, compression of small websocket messages).
    """
    return uvicorn.Config(
        create_app(settings, work=work),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LARGEST_BODY_BYTES,
        ws_per_message_deflate=False,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def _routes(settings: Settings) -> list[BaseRoute]:
    graphql = GraphQLEndpoint(build_schema(introspection=settings.introspection), *_origins(settings))
    return [
        *page.routes(settings),
        Route("/graphql", graphql, methods=["POST"]),
        WebSocketRoute("/graphql", graphql),
        *rest.mounts(settings),
        Route("/files/{key:path}", files.serve),
        *sample.routes(settings.base_url),
        *drafts.routes(),
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
