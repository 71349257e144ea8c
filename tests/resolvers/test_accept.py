import pytest

from draftcast.api.graphql_http.accept import Media, accepted


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", Media.JSON),
        ("*/*", Media.JSON),
        ("application/*", Media.JSON),
        ("application/json", Media.JSON),
        ("APPLICATION/JSON; charset=utf-8", Media.JSON),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", Media.JSON),
        ("application/graphql-response+json", Media.RESPONSE),
        ("application/graphql-response+json, application/json;q=0.9", Media.RESPONSE),
        ("application/json;q=0.9, application/graphql-response+json", Media.RESPONSE),
        ("application/json, application/graphql-response+json", Media.JSON),
        ("application/json;q=0, application/graphql-response+json;q=0.1", Media.RESPONSE),
        ("text/event-stream", Media.EVENTS),
        ("text/event-stream, application/json", Media.EVENTS),
        ('multipart/mixed;boundary="graphql";subscriptionSpec="1.0", application/json', Media.MULTIPART),
        ("multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json;q=0.9", Media.MULTIPART),
        ("multipart/mixed;deferSpec=20220824, application/json", Media.JSON),
        ("multipart/mixed", None),
        ("multipart/mixed;subscriptionSpec=2.0", None),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=nonsense", None),
        ("application/json;q=nan, text/event-stream", Media.EVENTS),
        (",;,=,/", None),
    ],
)
def test_a_client_gets_what_it_likes_best(accept: str, media: Media | None) -> None:
    assert accepted(accept) is media
