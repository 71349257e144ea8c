"""Documents, parsed and validated once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from resolvers.documents import MOST_TOKENS
from schema.cost import cost_of, too_costly, weights_of

MOST_DOCUMENTS = 256
LONGEST_KEPT = 4000
"""Longer documents are not kept: at 256 kept ones, the memory that strangers can fill stays below 50 MB."""


class Documents:
    """The documents that were asked lately."""

    def __init__(self, *, introspection: bool) -> None:
        self._rules = tuple(specified_rules) if introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        self._kept = lru_cache(maxsize=MOST_DOCUMENTS)(_parsed)
        self._misfits = lru_cache(maxsize=MOST_DOCUMENTS)(self._validated)

    def parsed(self, query: str) -> DocumentNode:
        """The document of a text. Raises GraphQLSyntaxError."""
        return self._kept(query) if len(query) <= LONGEST_KEPT else _parsed(query)

    def errors(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any] | None
    ) -> list[GraphQLError]:
        """Why it is refused: it costs too much, which is found out first, or does not fit the schema."""
        refused = too_costly(cost_of(document, variables or {}, weights_of(schema)))
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

    def _validated(self, schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
        return validate_document(schema, document, self._rules)


def _parsed(query: str) -> DocumentNode:
    return parse(query, max_tokens=MOST_TOKENS)
