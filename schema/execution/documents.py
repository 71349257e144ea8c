"""A cache of parsed and validated documents."""

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
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from schema.execution.cost import MOST_ERRORS, cost_of, too_costly, weights_of
from schema.execution.literals import limit_error
from schema.execution.operations import MAX_TOKENS, length_fault
from services.lru_cache import LruCache, text_bytes

MAX_BYTES = 12 * 1024 * 1024
BYTES_OF_A_TOKEN = 600
"""Of a parsed document; 560 bytes were the most that was measured."""
BYTES_OF_AN_ERROR = 2000


@dataclass(slots=True)
class _Parsed:
    document: DocumentNode
    size_bytes: int
    errors: list[GraphQLError] | None = None


class Documents:
    """The documents of recent requests, with the errors of their validation."""

    def __init__(self, *, introspection: bool) -> None:
        rules = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
        self._rules = rules if introspection else (*rules, NoSchemaIntrospectionCustomRule)
        self.cache: LruCache[_Parsed | GraphQLError] = LruCache(MAX_BYTES)
        """Texts that cannot be parsed are kept with their error: the planner and strawberry both ask."""

    def parsed(self, query: str) -> DocumentNode:
        """The document of a text. Raises GraphQLSyntaxError, and GraphQLError for a text that is too long."""
        found = self.cache.get(query) or self._parse(query)
        if isinstance(found, GraphQLError):
            raise found.with_traceback(None)
        return found.document

    def _parse(self, query: str) -> _Parsed | GraphQLError:
        if fault := length_fault(query):
            return GraphQLError(fault, extensions={"code": "BAD_REQUEST"})
        try:
            document = _parsed(query)
        except GraphQLError as error:
            return self.cache.put(query, _without_frames(error), text_bytes(query) + BYTES_OF_AN_ERROR)
        size_bytes = document_bytes(document)
        return self.cache.put(query, _Parsed(document, size_bytes), size_bytes)

    def errors(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None
    ) -> list[GraphQLError]:
        """The errors of a document: it exceeds a limit, which is checked first, or does not fit the schema."""
        given = variables or {}
        refused = limit_error(document, given) or too_costly(cost_of(document, given, weights_of(schema)))
        return [refused] if refused else self._validate(schema, document)

    def extension(self) -> type[SchemaExtension]:
        """The extension by which a strawberry schema uses these documents."""
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

    def _validate(self, schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
        text = document.loc.source.body if document.loc else ""
        entry = self.cache.get(text)
        if not isinstance(entry, _Parsed) or entry.document is not document:
            entry = None
        elif entry.errors is not None:
            return entry.errors
        errors = validate(schema, document, self._rules, max_errors=MOST_ERRORS)
        found = [_without_frames(error) for error in errors[:MOST_ERRORS]]  # one more tells that it stopped
        if entry is not None:
            entry.errors = found
            size_bytes = entry.size_bytes + sum(BYTES_OF_AN_ERROR + 4 * len(error.message) for error in found)
            self.cache.put(text, entry, size_bytes)
        return found


def document_bytes(document: DocumentNode) -> int:
    """The memory of a parsed document."""
    text = document.loc.source.body if document.loc else ""
    return BYTES_OF_A_TOKEN * sum(1 for _ in _tokens(document)) + text_bytes(text)


def _tokens(document: DocumentNode) -> Iterator[Token]:
    token = document.loc.start_token if document.loc else None
    while token is not None:
        yield token
        token = token.next


def _without_frames(error: GraphQLError) -> GraphQLError:
    """The error without tracebacks, whose frames would keep their variables in memory."""
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = cause.__context__ = None
        cause = cause.original_error if isinstance(cause, GraphQLError) else None
    return error


def _parsed(query: str) -> DocumentNode:
    document = parse(query, max_tokens=MAX_TOKENS)
    for token in _tokens(document):
        token.prev = None  # without this reference cycle the document is freed at once, not by the garbage collector
    return document
