from services.drafts.fidelity import Fidelity, fidelity
from services.drafts.read.draft import read_draft
from tests.support.drafts import DraftBuilder

SECOND = 1_000_000


def of(builder: DraftBuilder) -> Fidelity:
    return fidelity(read_draft(builder.bytes()))


def clips() -> DraftBuilder:
    """A hundred seconds of two clips."""
    return DraftBuilder().video("a.mp4", 0, 60 * SECOND).video("b.mp4", 60 * SECOND, 40 * SECOND)


def test_a_draft_drawn_as_designed_has_all_of_its_time() -> None:
    made = clips().using("effects", type="filter", name="黑白")
    made.using("material_animations", animations=[{"type": "in", "name": "渐显", "duration": SECOND}])
    assert of(made) == Fidelity(exact=2, near=0, left_out=0, designed_us=100 * SECOND)


def test_a_near_transition_and_animation_take_only_their_own_time() -> None:
    made = DraftBuilder().video("a.mp4", 0, 60 * SECOND)
    made.using("transitions", name="泡泡模糊", duration=2 * SECOND)
    made.video("b.mp4", 60 * SECOND, 40 * SECOND)
    made.using("material_animations", animations=[{"type": "out", "name": "日落", "duration": SECOND}])
    assert of(made) == Fidelity(exact=0, near=2, left_out=0, designed_us=97 * SECOND)


def test_overlapping_losses_are_counted_once() -> None:
    made = clips().using("effects", type="filter", name="暖阳午后").using("video_shadows", type="video_shadow")
    made.using("effects", type="filter", name="黑白", value=0.5)
    assert of(made) == Fidelity(exact=1, near=1, left_out=1, designed_us=60 * SECOND)
