"""Compiled selections of plain fields: functions from a value to its JSON text.

A field is plain when it reads an attribute, when its resolver is declared `plain`, a function that does not wait and
uses only the context of `info`, or when it describes the schema. graphql-core collects the fields that a document
selects; only reading and writing their values is compiled. A field or value that is not plain raises `NotPlain`, and
graphql-core executes the operation. Both give the same bytes.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any, TypeAlias, cast

from graphql import (
    Executor,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    get_argument_values,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_subfields
from strawberry.types import get_object_definition
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from resolvers.context import Context
from schema.execution.results import encode
from services.clock import rfc3339

SMALLEST_INT, LARGEST_INT = -(2**31), 2**31 - 1

_rfc3339 = lru_cache(maxsize=4096)(rfc3339)


class NotPlain(Exception):
    """Only graphql-core can execute this operation or write this value."""


@dataclass(frozen=True, slots=True)
class PlainInfo:
    """The part of `strawberry.Info` that plain resolvers use."""

    context: Context


Write: TypeAlias = Callable[[Any, PlainInfo], str]
"""The JSON of a value. Raises `NotPlain` for a value that does not fit the type."""


class Compiler:
    """Compiles the selections of one operation with the variables of `executor`."""

    def __init__(self, schema: Any, executor: Executor[Any]) -> None:
        self._schema = schema
        self._executor = executor
        self.fields = 0
        """The number of compiled fields."""

    def field(self, field: GraphQLField, details: list[FieldDetails]) -> Write:
        """A function from an object to the JSON of its field."""
        self.fields += 1
        complete = self.value(field.type, details)
        if describes_schema(field):
            return self._description(field, details, complete)
        strawberry_field = strawberry_field_of(field)
        resolver = strawberry_field.base_resolver
        if resolver is None:
            return _attribute(strawberry_field.python_name, complete)
        if not is_plain(field) or resolver.is_async:
            raise NotPlain
        function = cast("Callable[..., Any]", resolver.wrapped_func)
        arguments = self.arguments(field, details)
        if resolver.info_parameter:
            return lambda source, info: complete(function(source, info=info, **arguments), info)
        return lambda source, info: complete(function(source, **arguments), info)

    def arguments(self, field: GraphQLField, details: list[FieldDetails]) -> dict[str, Any]:
        """The arguments as the resolver takes them. Raises GraphQLError for invalid ones."""
        given = get_argument_values(field, details[0].node, self._executor.variable_values)
        if describes_schema(field):
            return given
        return convert_arguments(
            given,
            strawberry_field_of(field).arguments,
            scalar_registry=self._schema.schema_converter.scalar_registry,
            config=self._schema.config,
        )

    def _description(self, field: GraphQLField, details: list[FieldDetails], complete: Write) -> Write:
        describe, arguments = _describe(field, self._executor.schema), self.arguments(field, details)
        return lambda source, info: complete(describe(source, **arguments), info)

    def value(self, kind: GraphQLOutputType, details: list[FieldDetails]) -> Write:
        """A function from a value of this type to its JSON."""
        if isinstance(kind, GraphQLNonNull):
            return _present(self._nullable(kind.of_type, details))
        return _or_null(self._nullable(kind, details))

    def _nullable(self, kind: GraphQLOutputType, details: list[FieldDetails]) -> Write:
        if isinstance(kind, GraphQLList):
            return _list(self.value(kind.of_type, details))
        if is_leaf_type(kind):
            return _leaf(kind)
        if is_abstract_type(kind):
            possible = self._executor.schema.get_possible_types(kind)
            return _one_of({each.name: self._object(each, details) for each in possible})
        if isinstance(kind, GraphQLObjectType):
            return self._object(kind, details)
        raise NotPlain

    def _object(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> Write:
        executor = self._executor
        collected = collect_subfields(
            executor.schema, executor.fragments, executor.variable_values, executor.operation, kind, details
        )
        if collected.new_defer_usages or collected.forbidden_directive_instances:
            raise NotPlain
        members = [self._member(kind, key, found) for key, found in collected.grouped_field_set.items()]
        return _members(members)

    def _member(self, kind: GraphQLObjectType, key: str, details: list[FieldDetails]) -> tuple[str, Write]:
        name = details[0].node.name.value
        prefix = encode(key) + ":"
        if name == "__typename":
            typename = prefix + encode(kind.name)
            return typename, _nothing
        return prefix, self.field(kind.fields[name], details)


@dataclass(frozen=True, slots=True)
class SchemaInfo:
    """The part of `GraphQLResolveInfo` that graphql-core's own resolvers of introspection use."""

    schema: GraphQLSchema


def describes_schema(field: GraphQLField) -> bool:
    """Whether the field is one of introspection, whose resolver is graphql-core's and does not wait."""
    return "strawberry-definition" not in field.extensions


def _describe(field: GraphQLField, schema: GraphQLSchema) -> Callable[..., Any]:
    """The resolver of a field of introspection; lists are lists, whatever collection the schema has them in."""
    resolve: Any = field.resolve
    info, listed = SchemaInfo(schema), isinstance(get_nullable_type(field.type), GraphQLList)

    def describe(source: Any, **arguments: Any) -> Any:
        value = resolve(source, info, **arguments)
        return list(value) if listed and value is not None else value

    return describe


def strawberry_field_of(field: GraphQLField) -> StrawberryField:
    """The strawberry field of a field. Raises `NotPlain` for fields of introspection."""
    found = field.extensions.get("strawberry-definition")
    if not isinstance(found, StrawberryField):
        raise NotPlain
    return found


async def resolved(field: GraphQLField, schema: GraphQLSchema, info: PlainInfo, arguments: dict[str, Any]) -> Any:
    """The value of a root field. Raises what its resolver does, and `NotPlain` for an attribute."""
    if describes_schema(field):
        return _describe(field, schema)(None, **arguments)
    resolver = strawberry_field_of(field).base_resolver
    if resolver is None:
        raise NotPlain
    return await cast("Callable[..., Any]", resolver.wrapped_func)(None, info=info, **arguments)


def waits(field: GraphQLField) -> bool:
    """Whether the field's resolver is async, mostly for the database."""
    try:
        resolver = strawberry_field_of(field).base_resolver
    except NotPlain:
        return False
    return resolver is not None and resolver.is_async


def is_plain(field: GraphQLField) -> bool:
    """Whether the field's resolver is declared plain, or describes the schema."""
    if describes_schema(field):
        return True
    resolver = strawberry_field_of(field).base_resolver
    return resolver is not None and hasattr(resolver.wrapped_func, "plain")


def _nothing(_source: Any, _info: PlainInfo) -> str:
    return ""


def _attribute(name: str, complete: Write) -> Write:
    get = attrgetter(name)
    return lambda source, info: complete(get(source), info)


def _members(members: list[tuple[str, Write]]) -> Write:
    def write(source: Any, info: PlainInfo) -> str:
        return "{" + ",".join([prefix + member(source, info) for prefix, member in members]) + "}"

    return write


def _present(complete: Write) -> Write:
    def write(value: Any, info: PlainInfo) -> str:
        if value is None:
            raise NotPlain
        return complete(value, info)

    return write


def _or_null(complete: Write) -> Write:
    return lambda value, info: "null" if value is None else complete(value, info)


def _list(complete: Write) -> Write:
    def write(value: Any, info: PlainInfo) -> str:
        if not isinstance(value, list):
            raise NotPlain
        return "[" + ",".join([complete(each, info) for each in value]) + "]"

    return write


def _one_of(objects: dict[str, Write]) -> Write:
    def write(value: Any, info: PlainInfo) -> str:
        definition: Any = get_object_definition(value)
        complete = objects.get(definition.name) if definition else None
        if complete is None:
            raise NotPlain
        return complete(value, info)

    return write


def _leaf(kind: GraphQLLeafType) -> Write:
    if isinstance(kind, GraphQLEnumType):
        return _enum(kind)
    exact = _EXACT.get(kind.name)
    if exact is not None:
        return exact
    return lambda value, _: encode(kind.serialize(value))


def _enum(kind: GraphQLEnumType) -> Write:
    names = {_raw(value.value): encode(name) for name, value in kind.values.items()}

    def write(value: Any, _info: PlainInfo) -> str:
        try:
            return names[value.value]
        except (AttributeError, KeyError):
            raise NotPlain from None

    return write


def _raw(value: Any) -> Any:
    """The value of an enum's member; graphql-core's own enums hold members, strawberry's hold their values."""
    return value.value if isinstance(value, Enum) else value


def _int(value: Any, _info: PlainInfo) -> str:
    if type(value) is not int or not SMALLEST_INT <= value <= LARGEST_INT:
        raise NotPlain
    return str(value)


def _float(value: Any, _info: PlainInfo) -> str:
    if type(value) is not float or not math.isfinite(value):
        raise NotPlain
    return encode(value)


def _text(value: Any, _info: PlainInfo) -> str:
    if type(value) is not str:
        raise NotPlain
    return encode_basestring_ascii(value)


def _boolean(value: Any, _info: PlainInfo) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise NotPlain


def _time(value: Any, _info: PlainInfo) -> str:
    return f'"{_rfc3339(value)}"'


_EXACT: dict[str, Write] = {
    GraphQLInt.name: _int,
    GraphQLFloat.name: _float,
    GraphQLString.name: _text,
    GraphQLID.name: _text,
    GraphQLBoolean.name: _boolean,
    "URL": _text,
    "DateTime": _time,
}
