"""Plans: the root fields of an operation, their arguments, and their compiled selections, made once."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

from graphql import (
    DocumentNode,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    Source,
    TypeMetaFieldDef,
    VariableNode,
    Visitor,
    get_operation_ast,
    is_non_null_type,
    visit,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields

from schema.execution.build import Schema
from schema.execution.compiler import Compiler, NotPlain, Write, is_plain
from schema.execution.documents import document_bytes
from schema.execution.results import Operation, encode
from services.lru_cache import LruCache, text_bytes

PLANS_BYTES, SHAPES_BYTES, VARIABLES_BYTES = 12 * 1024 * 1024, 6 * 1024 * 1024, 1024 * 1024
_DESCRIPTIONS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
BYTES_OF_A_PLAN, BYTES_OF_A_ROOT, BYTES_OF_A_FIELD = 4000, 1000, 1200
"""Of compiled selections; 850 bytes were measured for a field."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root field of an operation."""

    prefix: str
    """Its response key with a colon, as JSON."""
    name: str
    field: GraphQLField
    arguments: dict[str, Any]
    """The arguments as the resolver takes them."""
    key: str
    writes: dict[str, Write | None]
    """The compiled selections of this shape by response key; empty once they are evicted."""
    source: Source | None
    """The document's text, with the offsets at which the field stands in it."""
    offsets: tuple[int, ...]

    @property
    def write(self) -> Write | None:
        """The compiled selection; None where only graphql-core can write the value."""
        return self.writes.get(self.key)

    @property
    def is_nullable(self) -> bool:
        """Whether the field is null after an error; else the whole `data` is null."""
        return not is_non_null_type(self.field.type)

    def located(self, error: Exception) -> GraphQLError:
        """An error of the field's resolver, with the field's path and places in the document."""
        return GraphQLError(
            str(error), source=self.source, positions=self.offsets, path=[self.key], original_error=error
        )


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The plan of an operation with its variables."""

    subscription: bool
    roots: tuple[Root, ...]
    shape: Hashable
    """Equal for plans that differ only in the arguments of their root fields."""
    executor: Executor[Any] | None
    """graphql-core's executor of a subscription; it holds the whole document."""
    size_bytes: int

    @property
    def outdated(self) -> bool:
        """Whether its compiled selections are evicted."""
        return not all(root.writes for root in self.roots)

    @property
    def plain(self) -> bool:
        """Whether all root fields are compiled."""
        return all(root.write is not None for root in self.roots)


class Planner:
    """Makes and caches the plans of queries and subscriptions."""

    def __init__(self, schema: Schema, *, compiling: bool) -> None:
        self._schema = schema
        self._compiling = compiling
        self.plans: LruCache[Plan | Literal[False]] = LruCache(PLANS_BYTES)
        """False for operations that only graphql-core can execute."""
        self.shapes: LruCache[dict[str, Write | None]] = LruCache(
            SHAPES_BYTES, on_evict=dict[str, "Write | None"].clear
        )
        self.variables: LruCache[frozenset[str]] = LruCache(VARIABLES_BYTES)

    def plan(self, operation: Operation) -> Plan | None:
        """The operation's plan; None for operations that only graphql-core can execute, invalid ones among them."""
        variables = encode(operation.variables)
        key = (operation.query, operation.name, variables)
        found = self.plans.get(key)
        if found is None or (found and found.outdated):
            found = self._make(operation)
            size_bytes = text_bytes(operation.query, operation.name or "", variables) + (
                found.size_bytes if found else 0
            )
            self.plans.put(key, found, size_bytes)
        return found or None

    def _make(self, operation: Operation) -> Plan | Literal[False]:
        try:
            return self._plan(operation)
        except (NotPlain, GraphQLError, RecursionError):
            return False

    def _plan(self, operation: Operation) -> Plan:
        document = self._schema.documents.parsed(operation.query)
        definition = get_operation_ast(document, operation.name)
        if definition is None or definition.operation is OperationType.MUTATION:
            raise NotPlain  # before it is validated: graphql-core does that
        if self._schema.documents.errors(self._schema.core, document, operation.variables):
            raise NotPlain
        executor = self._schema.execution_context_class.build(
            self._schema.core,
            document,
            raw_variable_values=operation.variables,
            operation_name=operation.name,
            operation_extensions=None,
        )
        if isinstance(executor, list) or executor.operation.directives:
            raise NotPlain
        shape = (operation.query, operation.name, self._used_values(operation, document, executor))
        subscription = executor.operation.operation is OperationType.SUBSCRIPTION
        roots = self._roots(executor, shape)
        if not subscription and not all(is_plain(root.field) for root in roots):
            raise NotPlain
        size_bytes = BYTES_OF_A_PLAN + BYTES_OF_A_ROOT * len(roots)
        if subscription:
            return Plan(True, roots, shape, executor, size_bytes + document_bytes(document))
        return Plan(False, roots, shape, None, size_bytes)

    def _roots(self, executor: Executor[Any], shape: tuple[str | None, ...]) -> tuple[Root, ...]:
        kind, collected = _root_fields(executor)
        writes = self.shapes.get(shape)
        compiler = Compiler(self._schema, executor)
        fields = {key: _field(kind.fields, details) for key, details in collected.items()}
        if writes is None:
            writes = {key: self._write(compiler, fields[key], details) for key, details in collected.items()}
            size_bytes = text_bytes(*map(str, shape)) + BYTES_OF_A_FIELD * (compiler.fields + len(writes))
            self.shapes.put(shape, writes, size_bytes)
        return tuple(
            Root(
                prefix=encode(key) + ":",
                name=details[0].node.name.value,
                field=fields[key],
                arguments=compiler.arguments(fields[key], details),
                key=key,
                writes=writes,
                **_place(details),
            )
            for key, details in collected.items()
        )

    def _write(self, compiler: Compiler, field: GraphQLField, details: list[FieldDetails]) -> Write | None:
        if not self._compiling:
            return None
        try:
            return compiler.value(field.type, details)
        except NotPlain:
            return None

    def _used_values(self, operation: Operation, document: DocumentNode, executor: Executor[Any]) -> str:
        """The values of the variables that selections below the root fields depend on, as JSON."""
        key = (operation.query, operation.name)
        used = self.variables.get(key)
        if used is None:
            used = _used_variables(executor.operation, document)
            self.variables.put(key, used, text_bytes(operation.query, operation.name or "", *used) + 100 * len(used))
        given = operation.variables or {}
        return encode({name: given[name] for name in sorted(used) if name in given})


def _root_fields(executor: Executor[Any]) -> tuple[GraphQLObjectType, dict[str, list[FieldDetails]]]:
    """The operation's root type, and the selections of its root fields by response key."""
    kind = executor.schema.get_root_type(executor.operation.operation)
    if kind is None:
        raise NotPlain
    collected = collect_fields(executor.schema, executor.fragments, executor.variable_values, kind, executor.operation)
    return kind, collected.grouped_field_set


def _field(fields: dict[str, GraphQLField], details: list[FieldDetails]) -> GraphQLField:
    name = details[0].node.name.value
    field = fields.get(name) or _DESCRIPTIONS.get(name)
    if field is None:  # __typename
        raise NotPlain
    return field


def _place(details: list[FieldDetails]) -> dict[str, Any]:
    """The document's text, and the offsets of a field in it."""
    places = [each.node.loc for each in details if each.node.loc]
    return {"source": places[0].source if places else None, "offsets": tuple(place.start for place in places)}


def _used_variables(operation: OperationDefinitionNode, document: DocumentNode) -> frozenset[str]:
    """The names of the variables that are used outside of the arguments of root fields."""
    own_arguments = {
        id(argument)
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
    }
    used: set[str] = set()

    class Uses(Visitor):
        def enter_argument(self, node: Any, *_: Any) -> Any:
            return self.SKIP if id(node) in own_arguments else None

        def enter_variable_definition(self, *_: Any) -> Any:
            return self.SKIP

        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            used.add(node.name.value)

    visit(document, Uses())
    return frozenset(used)
