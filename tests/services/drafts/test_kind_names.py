import re
from enum import StrEnum

import pytest

from services.drafts.design import AnimationKind, EffectKind, TransitionKind
from services.drafts.kind_names import chinese_name
from services.drafts.read.draft import read_draft
from tests.support.drafts import DraftBuilder

SECOND = 1_000_000


@pytest.mark.parametrize("kinds", [TransitionKind, AnimationKind, EffectKind])
def test_every_family_has_a_chinese_name(kinds: type[StrEnum]) -> None:
    names = [chinese_name(kind) for kind in kinds]  # type: ignore[arg-type]  # the three enums of the parameters
    assert [name for name in names if not re.search("[一-鿿]", name)] == []


def test_a_message_in_chinese_names_the_family_in_chinese() -> None:
    builder = DraftBuilder().photo("one.png", 0, SECOND)
    builder.using("transitions", type="transition", name="no such", duration=SECOND // 2, is_overlap=True)
    (warning,) = read_draft(builder.photo("two.png", SECOND, SECOND).bytes()).warnings
    assert warning.message.zh == "转场“no such”按“叠化”绘制。"
