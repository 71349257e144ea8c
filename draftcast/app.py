"""The application: every route, and the services behind them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from resolvers import drafts, files, page, rest, sample
from resolvers.bodies import LARGEST_BODY_BYTES
from resolvers.endpoint import GraphQLEndpoint
from schema.build import build_schema
from services.compose import open_services
from services.settings import ASSETS_DIR, Settings

GRAPHIQL_DIR = ASSETS_DIR / "graphiql"
SHUTDOWN_SECONDS = 3


def create_app(settings: Settings, *, work: bool = True) -> Starlette:
    """The application; its services open with its lifespan, with a worker among them when `work` is set."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        async with open_services(settings, work=work) as services:
            yield {"services": services}

    return Starlette(routes=_routes(settings), lifespan=lifespan)


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
    graphql = GraphQLEndpoint(build_schema(), settings.base_url)
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
        return Mount("/graphiql", StaticFiles(directory=GRAPHIQL_DIR, html=True))

    async def missing(_: Request) -> Response:
        return PlainTextResponse("GraphiQL's files are not here; `make setup` fetches them.\n", 404)

    return Route("/graphiql/{rest:path}", missing)
