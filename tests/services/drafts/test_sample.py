import json

from services.drafts.read.draft import read_draft
from services.drafts.records import MediaMaterial, TextMaterial
from services.drafts.sample import SAMPLE_DIR, SAMPLE_DRAFT_ID, sample_files

DRAFT = SAMPLE_DIR / "draft_content.json"


def test_the_sample_is_read_without_a_warning() -> None:
    draft = read_draft(DRAFT.read_bytes())
    assert draft.warnings == ()
    assert draft.duration_us == 6_000_000


def test_the_sample_has_a_chinese_and_an_english_caption() -> None:
    draft = read_draft(DRAFT.read_bytes())
    materials = [segment.material for track in draft.tracks for segment in track.segments]
    captions = [material.text for material in materials if isinstance(material, TextMaterial)]
    assert captions == ["一份草稿，一段视频", "A draft goes in, a video comes out"]


def test_the_sample_names_each_of_its_files_and_no_other() -> None:
    draft = read_draft(DRAFT.read_bytes())
    materials = [segment.material for track in draft.tracks for segment in track.segments]
    root = f"/app/output/draft/{SAMPLE_DRAFT_ID}/"
    named = {material.path.removeprefix(root) for material in materials if isinstance(material, MediaMaterial)}
    assert named | {DRAFT.name} == set(sample_files())


def test_the_sample_is_small() -> None:
    assert sum((SAMPLE_DIR / name).stat().st_size for name in sample_files()) < 1_000_000


def test_the_sample_holds_nothing_of_the_machine_it_was_made_on() -> None:
    content = json.loads(DRAFT.read_text(encoding="utf-8"))
    assert set(content["platform"]) == {"app_id", "app_source", "app_version", "os"}
