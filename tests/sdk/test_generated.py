from setup.generate_sdk import SUMS, sums


def test_what_is_generated_is_up_to_date_with_the_schema_and_the_operations() -> None:
    assert SUMS.read_text(encoding="utf-8") == sums(), "`make sdk` generates it anew"
