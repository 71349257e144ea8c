"""What an operation asks for, found out once: its root fields, their arguments, and how they are written."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    Executor,
    FieldNode,
    GraphQLError,
    GraphQLField,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields

from resolvers.answers import Operation, encode
from resolvers.kept import Kept
from schema.build import Schema
from schema.compiled import Compiler, NotPlain, Write, is_plain

MOST_PLANS = 4096


@dataclass(frozen=True, slots=True)
class Root:
    """One field of an operation's root."""

    prefix: str
    """Its response key with a colon, as JSON."""
    name: str
    field: GraphQLField
    arguments: dict[str, Any]
    """As its resolver takes them."""
    write: Write | None
    """Writes its value; None where only graphql-core can."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """An operation with its variables."""

    subscription: bool
    roots: tuple[Root, ...]
    shape: Hashable
    """Equal for plans that differ in nothing but the arguments of their root fields."""
    executor: Executor[Any]

    @property
    def plain(self) -> bool:
        """Whether all of it is compiled."""
        return all(root.write is not None for root in self.roots)


class Planner:
    """Plans of queries and subscriptions."""

    def __init__(self, schema: Schema, *, compiling: bool) -> None:
        self._schema = schema
        self._compiling = compiling
        self._plans: Kept[Plan | NotPlain] = Kept(MOST_PLANS)
        self._shapes: Kept[dict[str, Write | None]] = Kept(MOST_PLANS)
        self._variables: Kept[frozenset[str]] = Kept(MOST_PLANS)

    def plan(self, operation: Operation) -> Plan | None:
        """The operation's plan; None for what only graphql-core can answer, wrong operations among it."""
        key = (operation.query, operation.name, encode(operation.variables))
        found = self._plans.get(key)
        if found is None:
            found = self._plans.keep(key, self._made(operation))
        return found if isinstance(found, Plan) else None

    def _made(self, operation: Operation) -> Plan | NotPlain:
        try:
            return self._plan(operation)
        except NotPlain as error:
            return error
        except (GraphQLError, RecursionError):
            return NotPlain()

    def _plan(self, operation: Operation) -> Plan:
        document = self._schema.documents.parsed(operation.query)
        if self._schema.documents.errors(self._schema.core, document, operation.variables):
            raise NotPlain
        executor = self._schema.execution_context_class.build(
            self._schema.core,
            document,
            raw_variable_values=operation.variables,
            operation_name=operation.name,
            operation_extensions=None,
        )
        if isinstance(executor, list) or executor.operation.operation is OperationType.MUTATION:
            raise NotPlain
        if executor.operation.directives:
            raise NotPlain
        shape = (operation.query, operation.name, self._used_values(operation, document, executor))
        subscription = executor.operation.operation is OperationType.SUBSCRIPTION
        roots = self._roots(executor, shape)
        if not subscription and not all(is_plain(root.field) for root in roots):
            raise NotPlain
        return Plan(subscription, roots, shape, executor)

    def _roots(self, executor: Executor[Any], shape: Hashable) -> tuple[Root, ...]:
        kind = executor.schema.get_root_type(executor.operation.operation)
        if kind is None:
            raise NotPlain
        collected = collect_fields(
            executor.schema, executor.fragments, executor.variable_values, kind, executor.operation
        ).grouped_field_set
        writes = self._shapes.get(shape)
        compiler = Compiler(self._schema, executor)
        fields = {key: _field(kind.fields, details) for key, details in collected.items()}
        if writes is None:
            writes = {key: self._write(compiler, fields[key], details) for key, details in collected.items()}
            self._shapes.keep(shape, writes)
        return tuple(
            Root(
                prefix=encode(key) + ":",
                name=details[0].node.name.value,
                field=fields[key],
                arguments=compiler.arguments(fields[key], details),
                write=writes[key],
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
        """The values of those variables that something below the root fields depends on."""
        key = (operation.query, operation.name)
        used = self._variables.get(key)
        if used is None:
            used = self._variables.keep(key, _used_variables(executor.operation, document))
        given = operation.variables or {}
        return encode({name: given[name] for name in sorted(used) if name in given})


def _field(fields: dict[str, GraphQLField], details: list[FieldDetails]) -> GraphQLField:
    field = fields.get(details[0].node.name.value)
    if field is None:  # __typename and the like
        raise NotPlain
    return field


def _used_variables(operation: OperationDefinitionNode, document: DocumentNode) -> frozenset[str]:
    """The variables that stand elsewhere than among the arguments of the operation's own fields."""
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
