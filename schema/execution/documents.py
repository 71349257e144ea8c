"""Documents, parsed and validated once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    Token,
    parse,
    specified_rules,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from schema.execution.cost import cost_of, too_costly, weights_of
from schema.execution.literals import wrongly_given
from schema.execution.operations import LONGEST_DOCUMENT, MOST_TOKENS, too_long
from services.lru_cache import LruCache, text_bytes

MOST_BYTES = 12 * 1024 * 1024
BYTES_OF_A_TOKEN = 600
"""Of a parsed document; 560 were measured at most."""
BYTES_OF_AN_ERROR = 2000


@dataclass(slots=True)
class _Parsed:
    document: DocumentNode
    size_bytes: int
    misfits: list[GraphQLError] | None = None


class Documents:
    """The documents that were asked lately."""

    def __init__(self, *, introspection: bool) -> None:
        self._rules = tuple(specified_rules) if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        self.kept: LruCache[_Parsed] = LruCache(MOST_BYTES)

    def parsed(self, query: str) -> DocumentNode:
        """The document of a text. Raises GraphQLSyntaxError, and GraphQLError for one that is too long."""
        found = self.kept.get(query)
        if found is None:
            document = _parsed(query)
            size_bytes = document_bytes(document)
            found = self.kept.keep(query, _Parsed(document, size_bytes), size_bytes)
        return found.document

    def errors(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None
    ) -> list[GraphQLError]:
        """Why it is refused: it costs too much, which is found out first, or does not fit the schema."""
        given = variables or {}
        refused = wrongly_given(document, given) or too_costly(cost_of(document, given, weights_of(schema)))
        return [refused] if refused else self._misfits(schema, document)

    def extension(self) -> type[SchemaExtension]:
        """Has a strawberry schema take its documents from here."""
        documents = self

        class FromDocuments(SchemaExtension):
            def on_parse(self) -> Iterator[None]:
                context = self.execution_context
                context.graphql_document = documents.parsed(context.query or "")
                yield

            def on_validate(self) -> Iterator[None]:
                context = self.execution_context
                schema: Any = context.schema
                assert context.graphql_document is not None  # noqa: S101 - on_parse has set it
                context.pre_execution_errors = documents.errors(
                    schema.core, context.graphql_document, context.variables
                )
                yield

        return FromDocuments

    def _misfits(self, schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
        text = document.loc.source.body if document.loc else ""
        kept = self.kept.get(text)
        if kept is not None and kept.document is document and kept.misfits is not None:
            return kept.misfits
        found = [_without_frames(error) for error in validate_document(schema, document, self._rules)]
        if kept is not None and kept.document is document:
            kept.misfits = found
            size_bytes = kept.size_bytes + sum(BYTES_OF_AN_ERROR + 4 * len(error.message) for error in found)
            self.kept.keep(text, kept, size_bytes)
        return found


def document_bytes(document: DocumentNode) -> int:
    """What a parsed document takes."""
    text = document.loc.source.body if document.loc else ""
    return BYTES_OF_A_TOKEN * sum(1 for _ in _tokens(document)) + text_bytes(text)


def _tokens(document: DocumentNode) -> Iterator[Token]:
    token = document.loc.start_token if document.loc else None
    while token is not None:
        yield token
        token = token.next


def _without_frames(error: GraphQLError) -> GraphQLError:
    """The error without the stacks that it came through, which hold on to all that stood in them."""
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = cause.__context__ = None
        cause = cause.original_error if isinstance(cause, GraphQLError) else None
    return error


def _parsed(query: str) -> DocumentNode:
    if too_long(query):
        message = f"The document has {len(query)} characters; at most {LONGEST_DOCUMENT} are allowed. Use variables."
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    document = parse(query, max_tokens=MOST_TOKENS)
    for token in _tokens(document):
        token.prev = None  # else each document is a ring, which stays until garbage is looked for
    return document
