"""Messages name the families of looks in words, in English and Chinese."""

import re
from enum import StrEnum

import pytest

from services.drafts.design import AnimationKind, EffectKind, TransitionKind
from services.drafts.families.effects import EFFECTS, FILTERS, NEAR_ADJUSTMENTS
from services.drafts.families.lookup import Families
from services.drafts.families.motion import ENTRIES, LOOPS, TRANSITIONS
from services.drafts.kind_names import ADJUSTMENT_NAMES, kind_name
from services.drafts.read.draft import read_draft
from services.errors import Bilingual
from tests.support.drafts import DraftBuilder

SECOND = 1_000_000


@pytest.mark.parametrize("kinds", [TransitionKind, AnimationKind, EffectKind])
def test_every_family_has_a_name_in_words(kinds: type[TransitionKind | AnimationKind | EffectKind]) -> None:
    names = [kind_name(kind) for kind in kinds]
    assert [name.en for name in names if not re.fullmatch("[A-Za-z]+( [a-z]+)*", name.en)] == []
    assert [name.zh for name in names if not re.search("[一-鿿]", name.zh)] == []


def test_every_adjustment_that_is_drawn_as_another_has_a_name() -> None:
    assert set(ADJUSTMENT_NAMES) == set(NEAR_ADJUSTMENTS)


def near(families: Families[StrEnum], bucket: str, **fields: object) -> list[Bilingual]:
    """The messages of a draft with a look of each word of the families, under names that say more than it."""
    builder = DraftBuilder()
    for place, (word, _) in enumerate(families.words):
        builder.photo("one.png", place * SECOND, SECOND)
        look = {"name": f"Qq {word} qq", "duration": SECOND // 4, **fields}
        builder.using(bucket, **({"animations": [look]} if bucket == "material_animations" else look))
    builder.photo("last.png", len(families.words) * SECOND, SECOND)
    return [warning.message for warning in read_draft(builder.bytes()).warnings]


@pytest.mark.parametrize(
    ("families", "bucket", "fields"),
    [
        (TRANSITIONS, "transitions", {"is_overlap": True}),
        (ENTRIES, "material_animations", {"type": "in"}),
        (LOOPS, "material_animations", {"type": "loop"}),
        (EFFECTS, "video_effects", {"type": "video_effect"}),
        (FILTERS, "effects", {"type": "filter"}),
    ],
    ids=["transitions", "entries", "loops", "effects", "filters"],
)
def test_no_message_has_a_code(families: Families[StrEnum], bucket: str, fields: dict[str, object]) -> None:
    messages = near(families, bucket, **fields)
    assert len(messages) > 30
    codes = {kind.value for _, kind in families.words if "_" in kind.value}
    assert [message.en for message in messages if any(code in message.en for code in codes)] == []
    assert [message.zh for message in messages if re.search("按[^“”]*“[A-Za-z_ ]+”", message.zh)] == []


def test_a_message_names_the_family_in_its_language() -> None:
    builder = DraftBuilder().photo("one.png", 0, SECOND)
    builder.using("transitions", type="transition", name="no such", duration=SECOND // 2, is_overlap=True)
    (warning,) = read_draft(builder.photo("two.png", SECOND, SECOND).bytes()).warnings
    assert warning.message.en == "The transition no such is drawn as “dissolve”."
    assert warning.message.zh == "转场“no such”按“叠化”绘制。"
