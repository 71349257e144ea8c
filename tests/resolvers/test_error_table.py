import logging

import pytest

from resolvers.error_table import UserErrorCode, error_entry, public_message
from services import errors
from services.access.callers import NotAdmitted
from services.errors import Bilingual, InvalidInput, RequestError, StoreUnavailable
from services.live.connections import ConnectionEnded


def test_every_request_error_has_a_row_of_its_own_and_a_code_of_the_api() -> None:
    for kind in RequestError.__subclasses__():
        problem = error_entry(kind(Bilingual("x", "x")))
        ends_a_stream = kind in (NotAdmitted, ConnectionEnded)  # it is in no payload
        assert ends_a_stream or UserErrorCode(problem.code), kind
        assert 400 <= problem.status < 600, kind
    assert error_entry(InvalidInput(Bilingual("x", "x"))).status == 400
    assert error_entry(errors.QueueFull(Bilingual("x", "x"))).status == 503


def test_the_text_of_an_unexpected_error_goes_to_the_log_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        text = public_message(ZeroDivisionError("a secret"))
    assert "secret" not in text.en + text.zh
    assert "a secret" in caplog.text


def test_an_absent_store_is_told_without_its_cause() -> None:
    assert "disk" not in public_message(StoreUnavailable("disk I/O error")).en
    assert error_entry(StoreUnavailable("x")).status == 503
