"""The application: every route, and the services behind them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html import escape
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from resolvers import files, health, rest, sample
from resolvers.endpoint import GraphQLEndpoint
from resolvers.front import Front, Quick
from resolvers.over_http import HttpEndpoint
from schema.answers import SchemaAnswers
from schema.build import Schema, build_schema
from services.assets import ASSETS_DIR
from services.compose import open_services
from services.health import Health
from services.settings import Settings

GRAPHIQL_DIR = ASSETS_DIR / "graphiql"

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>draftcast</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50em; margin: 3em auto; padding: 0 1em }}
pre {{ background: #eee; padding: 1em; overflow: auto }}</style>
<h1>draftcast</h1>
<p>Turns a CapCut/JianYing draft URL into an MP4 and tells you live how far it is.</p>
<ul>
<li><code>POST {base}/graphql</code>: queries and mutations; subscriptions on the same path over a websocket
(graphql-transport-ws) or as server-sent events{graphiql}</li>
<li><code>POST {base}/v1/gen_video</code>, <code>POST {base}/v1/gen_video_status</code>,
<code>GET {base}/v1/gen_video_active_count</code>: the documented polling endpoint, also under
<code>/openapi/capcut-mate/v1</code></li>
</ul>
<p>Render the built-in sample, and ask how far it is:</p>
<pre>curl {base}/v1/gen_video -H 'Content-Type: application/json' -d '{{"draft_url": "{sample}"}}'
curl {base}/v1/gen_video_status -H 'Content-Type: application/json' -d '{{"draft_url": "{sample}"}}'</pre>
"""


def create_app(settings: Settings, *, work: bool = True) -> Starlette:
    """The application; its services open with its lifespan, with a worker among them when `work` is set."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        async with open_services(settings, work=work) as services:
            yield {"services": services, "health": services.health}

    schema = build_schema()
    answers = SchemaAnswers(schema, accelerated=settings.accelerator)
    polling = rest.PollingEndpoint(settings)
    status_paths = {f"{prefix}/gen_video_status": polling for prefix in rest.PREFIXES}
    quick: dict[str, Quick] = {"/graphql": answers.questions, **status_paths} if settings.accelerator else {}
    return Starlette(
        routes=_routes(settings, schema, answers, polling),
        middleware=[Middleware(Front, quick=quick)],
        lifespan=lifespan,
    )


def watch_app(of_worker: Health) -> Starlette:
    """What a worker without the API tells of itself."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[dict[str, Any]]:
        yield {"health": of_worker}

    return Starlette(routes=health.routes(), lifespan=lifespan)


def _routes(
    settings: Settings, schema: Schema, answers: SchemaAnswers, polling: rest.PollingEndpoint
) -> list[BaseRoute]:
    return [
        Route("/", _front_page(settings)),
        Route("/graphql", HttpEndpoint(answers, settings.base_url)),
        WebSocketRoute("/graphql", GraphQLEndpoint(schema, settings.base_url, answers)),
        *polling.mounts(),
        Route("/files/{key:path}", files.serve),
        *sample.routes(settings.base_url),
        *health.routes(),
        *([_graphiql()] if settings.graphiql else []),
    ]


def _front_page(settings: Settings) -> Any:
    page = _PAGE.format(
        base=escape(settings.base_url),
        sample=escape(sample.draft_url(settings.base_url)),
        graphiql='; try it in <a href="/graphiql/">GraphiQL</a>' if settings.graphiql else "",
    )

    async def front_page(_: Request) -> Response:
        return HTMLResponse(page, headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"})

    return front_page


def _graphiql() -> BaseRoute:
    """GraphiQL's own files, which set-up fetches; without them, a word on how to get them."""
    if GRAPHIQL_DIR.is_dir():
        return Mount("/graphiql", StaticFiles(directory=GRAPHIQL_DIR, html=True))

    async def missing(_: Request) -> Response:
        return PlainTextResponse("GraphiQL's files are not here; `make setup` fetches them.\n", 404)

    return Route("/graphiql/{rest:path}", missing)
