"""The rules of server-sent events (graphql-sse, distinct connections) and of multipart subscriptions."""

import pytest

from tests.audit.clients import Transport, listening, needs, size, stream
from tests.audit.target import Feature, Operation, Target
from tests.support.streams import EVENTS

STREAMS = [Transport.EVENTS, Transport.MULTIPART]
MEDIA = {Transport.EVENTS: EVENTS, Transport.MULTIPART: "multipart/mixed"}


@pytest.mark.parametrize("transport", STREAMS)
def test_a_query_is_one_result_and_the_end(target: Target, transport: Transport) -> None:
    with listening(target, transport, target.query) as results:
        assert list(results) == [target.answer]


@pytest.mark.parametrize("transport", STREAMS)
def test_a_stream_has_its_media_type(target: Target, transport: Transport) -> None:
    with stream(target, transport, target.query, target.credential) as found:
        media = found.headers["content-type"].partition(";")[0]
    assert (found.status, media) == (200, MEDIA[transport])


@pytest.mark.parametrize("transport", STREAMS)
def test_an_operation_that_cannot_begin_says_why(target: Target, transport: Transport) -> None:
    wrong = Operation("subscription { nothingOfThatName }")
    with stream(target, transport, wrong, target.credential) as found:
        body = found.rest()
    assert found.status in (200, 400)
    assert b"errors" in body
    assert b"nothingOfThatName" in body


@pytest.mark.parametrize("transport", Transport)
def test_events_come_in_order_and_the_end_completes(target: Target, transport: Transport) -> None:
    for _ in range(size(1, 100)):
        ending = target.ending()
        with listening(target, transport, ending.watch()) as results:
            next(results)
            ending.end()
            assert len(list(results)) <= 1


@pytest.mark.parametrize("transport", Transport)
def test_a_position_resumes_behind_it_without_a_gap(target: Target, transport: Transport) -> None:
    topic = target.topic()
    with listening(target, transport, topic.watch()) as results:
        seen = topic.item(next(results))
    for _ in range(size(2, 100)):
        numbers = topic.change() + topic.change()
        with listening(target, transport, topic.watch(seen.position)) as results:
            numbers += topic.change()
            items = [topic.item(next(results)) for _ in numbers]
            seen = items[-1]
        assert [item.number for item in items] == numbers


def test_last_event_id_resumes_behind_that_event(target: Target) -> None:
    needs(target, Feature.EVENT_IDS)
    topic = target.topic()
    with stream(target, Transport.EVENTS, topic.watch(), target.credential) as found:
        position = next(found.results()).id
    assert position, "no ids"
    missed = topic.change()
    with listening(target, Transport.EVENTS, topic.watch(), last=position) as results:
        assert [topic.item(next(results)).number for _ in missed] == missed
