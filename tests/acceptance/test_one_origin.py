"""deploy/capcut-mate.yaml: its proxy before a real server and a stand-in for capcut-mate."""

import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from services.settings import Settings
from tests.support.programs import caddy
from tests.support.server import ROOT, Server
from tests.support.servers import DraftServer

SITE = ROOT / "deploy" / "capcut-mate.yaml"
PROXY = ROOT / "deploy" / "capcut-mate.caddy"
OF_CAPCUT_MATE = (
    *("create_draft", "save_draft", "add_videos", "add_audios", "add_images", "add_sticker", "add_keyframes"),
    *("add_captions", "add_effects", "add_filters", "add_masks", "add_text_style", "easy_create_material"),
    *("get_text_animations", "get_image_animations", "get_audio_duration", "get_draft", "timelines"),
    *("audio_timelines", "audio_infos", "imgs_infos", "caption_infos", "effect_infos", "filter_infos"),
    *("keyframes_infos", "video_infos", "search_sticker", "get_url", "str_list_to_objs", "str_to_list"),
    *("objs_to_str_list",),
)
"""The addresses of capcut-mate's router under `/v1`."""


@pytest.fixture(scope="module")
def rest() -> Generator[DraftServer]:
    async def told(request: web.Request) -> web.Response:
        return web.json_response({"path": request.path, "body": await request.text()})

    with DraftServer() as running:
        for name in OF_CAPCUT_MATE:
            running.answers[f"/openapi/capcut-mate/v1/{name}"] = told
        yield running


@pytest.fixture(scope="module")
def site(server: Server, rest: DraftServer) -> Generator[Server]:
    """The site by its proxy."""
    with tempfile.TemporaryDirectory() as folder:  # the proxy runs as a user who may not read those of pytest
        files = Path(folder)
        files.chmod(0o755)
        (files / "output").mkdir()
        (files / "output" / "draft_content.json").write_text("{}")
        config = PROXY.read_text().replace("draftcast:8000", f"127.0.0.1:{server.port}")
        config = config.replace("capcut-mate:30000", rest.host).replace("/srv", folder)
        with caddy(lambda port: config.replace(":80 {", f"http://127.0.0.1:{port} {{")) as port:
            yield Server(port, server.folder)


@pytest.mark.parametrize("prefix", ["/openapi/capcut-mate/v1", "/v1"])
def test_every_address_of_capcut_mate_answers_at_one_origin(site: Server, prefix: str) -> None:
    for name in OF_CAPCUT_MATE:
        told = site.post(f"{prefix}/{name}", {"width": 1920}).json
        assert told == {"path": f"/openapi/capcut-mate/v1/{name}", "body": '{"width": 1920}'}
    draft_url = site.draft_url()
    assert "draft_url" in site.post(f"{prefix}/gen_video", {"draft_url": draft_url}).json["message"]
    status = site.post(f"{prefix}/gen_video_status", {"draft_url": draft_url, "wait_seconds": 20}).json
    assert status["draft_url"] == draft_url
    assert set(site.get(f"{prefix}/gen_video_active_count").json) == {"count"}


def test_the_page_the_api_and_the_drafts_files_are_at_the_same_origin(site: Server) -> None:
    assert b"<!doctype html>" in site.get("/").body.lower()[:100]
    assert "data" in site.post("/graphql", {"query": "{ queue { capacity } }"}).json
    assert site.get("/output/draft_content.json").body == b"{}"
    assert site.get("/metrics").status == 404


def test_the_services_know_each_other_by_the_names_of_the_proxy() -> None:
    services: dict[str, Any] = yaml.safe_load(SITE.read_text())["services"]
    config = PROXY.read_text()
    assert {"draftcast", "capcut-mate", "proxy"} == set(services)
    assert all(f"{name}:" in config for name in ("draftcast", "capcut-mate"))
    told = services["draftcast"]["environment"]
    assert {name.removeprefix("DRAFTCAST_").lower() for name in told} <= set(Settings.model_fields)
    draft_url = services["capcut-mate"]["environment"]["DRAFT_URL"]
    assert draft_url.startswith(f"http://{told['DRAFTCAST_ALLOW_HOSTS']}/openapi/capcut-mate/v1/")
    mounted = [Path(volume.split(":")[0]) for volume in services["proxy"]["volumes"] if volume.startswith("./")]
    assert [(SITE.parent / path).resolve() for path in mounted] == [PROXY]
