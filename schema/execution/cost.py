"""The cost of a document, computed in one walk before validation.

Each fragment is measured once and counted wherever it is spread, so the walk is linear in the document, however
often its fragments multiply. Numbers saturate at `_SATURATED`, which exceeds all limits.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from statistics import mean
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from schema.execution.compiler import waits
from services.store.pages import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from services.tasks.manager import DEFAULT_THROUGHPUT_MINUTES, MAX_THROUGHPUT_MINUTES, MOST_REQUESTS

MOST_VALUES = 13_500
"""Values in a result, some microseconds each; database reads count as values. The web page's own list of a hundred
tasks has nine thousand, and reads six times.
"""
VALUES_OF_A_WAIT = 500
"""A read of the database, 1.5 milliseconds where a value takes three microseconds, counts as this many values."""
MOST_FIELDS = 400
"""Fields with fragments spread; the largest of GraphiQL's own queries has half as many."""
MOST_ALIASES = 100
MOST_DIRECTIVES = 30
MOST_REPEATS = 20
"""Fields that their selection has already under the same name: validation compares each with each."""
DEEPEST = 20
DEEPEST_INTROSPECTION = 2
"""Nested lists of the fields of types: tools need one level, and each further one multiplies by the schema."""
LISTS: Mapping[str, float] = {"warnings": 200, "stages": 8, "ofType": 0.5}
"""The assumed length of lists without arguments. A warning counts twice, as it is read from JSON; few types are
wrapped, fewer twice.
"""
WAITS: Mapping[str, float] = {"videoTasks": 3, "queue": 2, "webhookDeliveries": 2, "queuePosition": 0.05}
"""Reads of fields with more or fewer than one: a list is counted, too, a queue has waiting and running tasks,
deliveries read their task first, and the positions of a whole page are read together.
"""
WAITS_OF_A_ROW: Mapping[str, float] = {"videoTasks": 0.04, "events": 0.04}
"""Reads for each row, which is read whole for any selection."""
SLOWER = 2.5
"""The factor of a value's cost in documents that are not compiled, which graphql-core executes."""
SLOWER_OF_THE_SCHEMA = 1.2
"""The additional factor of a value of introspection."""
MOST_ERRORS = 5
_INTROSPECTED = frozenset(("fields", "inputFields", "interfaces", "possibleTypes"))
_SATURATED = 1_000_000
_CODE = {"code": "BAD_REQUEST"}


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a selection."""

    values: int = 0
    waits: float = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    depth: int = 0
    introspection: int = 0
    repeats: int = 0
    slow: bool = False
    """Whether it cannot be compiled: it has async fields below others, or a directive on its operation."""
    names: frozenset[str] = frozenset()
    """The response keys of the fields at the top."""

    @property
    def weight(self) -> int:
        """The values, weighted by `SLOWER` where slow, and the reads as values."""
        values = ceil(self.values * SLOWER) if self.slow else self.values
        return _capped(values + ceil(self.waits * VALUES_OF_A_WAIT))

    def beside(self, other: "Cost") -> "Cost":
        """The sum of two costs in one selection."""
        return Cost(
            _capped(self.values + other.values),
            min(self.waits + other.waits, _SATURATED),
            _capped(self.fields + other.fields),
            _capped(self.aliases + other.aliases),
            _capped(self.directives + other.directives),
            max(self.depth, other.depth),
            max(self.introspection, other.introspection),
            _capped(self.repeats + other.repeats + len(self.names & other.names)),
            self.slow or other.slow,
            self.names | other.names,
        )


_ENDLESS = Cost(values=_SATURATED)
"""The cost of a fragment that spreads itself."""
_LIMITS = (
    ("weight", MOST_VALUES, "could have {} values, counting more where they are not plain or the database is asked"),
    ("fields", MOST_FIELDS, "selects {} fields"),
    ("aliases", MOST_ALIASES, "has {} aliases"),
    ("directives", MOST_DIRECTIVES, "has {} directives"),
    ("depth", DEEPEST, "is nested {} levels deep"),
    ("introspection", DEEPEST_INTROSPECTION, "asks for lists of fields {} levels deep"),
    ("repeats", MOST_REPEATS, "has {} fields twice in the same selection"),
)


@dataclass(frozen=True, slots=True)
class Sized:
    """A field whose length is an argument: the names of the arguments, the default, the maximum, and the cost of each
    value besides its selection.
    """

    arguments: tuple[str, ...]
    usual: int
    most: int
    own: float = 0
    counted: bool = False
    """Whether the arguments are lists, which are counted."""


PAGE = Sized(("first", "last"), DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
INPUTS = Sized(("inputs",), 1, MOST_REQUESTS, counted=True)
MINUTES = Sized(("lastMinutes",), DEFAULT_THROUGHPUT_MINUTES, MAX_THROUGHPUT_MINUTES, 0.2)


@dataclass(frozen=True, slots=True)
class Weights:
    """The multipliers of a schema's fields, and its async fields, by name."""

    sized: Mapping[str, Sized]
    times: Mapping[str, float]
    waiting: frozenset[str]
    unclear: frozenset[str]
    """Names of async fields that are, in other types, plain fields without arguments: `node` of an edge."""


@cache
def weights_of(schema: GraphQLSchema) -> Weights:
    """The weights of all fields of a schema."""
    fields = list(_fields(schema))
    sized = {
        name: each
        for name, field in fields
        for each in (PAGE, MINUTES, INPUTS)
        if set(each.arguments) & set(field.args)
    }
    waiting = frozenset(name for name, field in fields if waits(field))
    unclear = frozenset(name for name, field in fields if name in waiting and not waits(field))
    return Weights(sized, {**LISTS, **_introspected(schema)}, waiting, unclear)


def _fields(schema: GraphQLSchema) -> Iterable[tuple[str, GraphQLField]]:
    kinds = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    return [found for kind in kinds for found in kind.fields.items()]


def _introspected(schema: GraphQLSchema) -> dict[str, float]:
    """The lengths of the lists of introspection: the mean for all types, the maximum for one type by name."""
    kinds = list(schema.type_map.values())
    counts = [len(kind.fields) for kind in kinds if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    usual = sum(counts) / len(kinds)
    inputs = [len(kind.fields) for kind in kinds if isinstance(kind, GraphQLInputObjectType)]
    values = [len(kind.values) for kind in kinds if isinstance(kind, GraphQLEnumType)]
    return {
        "__schema": SLOWER_OF_THE_SCHEMA,
        "types": len(kinds),
        "directives": len(schema.directives),
        "fields": usual,
        "args": mean(len(field.args) for _, field in _fields(schema)),
        "inputFields": sum(inputs) / len(kinds),
        "enumValues": sum(values) / len(kinds),
        "__type": max(*counts, *inputs, *values) / usual,
    }


def cost_of(document: DocumentNode, variables: Mapping[str, Any], weights: Weights) -> Cost:
    """The cost of all operations of a document."""
    return _Walk(document, variables, weights).total()


def too_costly(cost: Cost) -> GraphQLError | None:
    """The first limit that the cost exceeds, as an error; None when there is none."""
    for name, limit, text in _LIMITS:
        found = getattr(cost, name)
        if found > limit:
            shown = f"more than {limit}" if found >= _SATURATED else str(found)
            return GraphQLError(f"The document {text.format(shown)}; at most {limit} are allowed.", extensions=_CODE)
    return None


class _Walk:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any], weights: Weights) -> None:
        self._document = document
        self._variables = {**_defaults(document), **variables}
        self._weights = weights
        self._known: dict[str, Cost] = {}
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def total(self) -> Cost:
        operations = (each for each in self._document.definitions if isinstance(each, OperationDefinitionNode))
        found = Cost()
        for operation in operations:
            found = found.beside(self._all(operation.selection_set))
            directives = len(operation.directives or ())
            found = found.beside(Cost(directives=directives, slow=bool(directives)))
        for name in self._fragments:  # also unused ones, which are validated, too
            found = found.beside(Cost(directives=self._fragment(name).directives))
        return found

    def _all(self, selections: SelectionSetNode | None) -> Cost:
        found = Cost()
        for selection in selections.selections if selections else ():
            if isinstance(selection, FieldNode):
                one = self._field(selection)
            elif isinstance(selection, InlineFragmentNode):
                one = self._all(selection.selection_set)
            else:
                assert isinstance(selection, FragmentSpreadNode)  # noqa: S101 - there is no fourth kind
                one = self._fragment(selection.name.value)
            found = found.beside(one)
            if selection.directives:
                found = found.beside(Cost(directives=len(selection.directives)))
        return found

    def _field(self, field: FieldNode) -> Cost:
        within, name = self._all(field.selection_set), field.name.value
        times = self._times(field)
        return Cost(
            _capped(1 + ceil((within.values + self._own_values(name)) * times)),
            min(self._own_waits(field, times) + within.waits * times, _SATURATED),
            _capped(1 + within.fields),
            within.aliases + (field.alias is not None),
            within.directives,
            _capped(1 + within.depth),
            _capped(within.introspection + (name in _INTROSPECTED)),
            within.repeats,
            within.slow or bool(within.waits),
            frozenset({(field.alias or field.name).value}),
        )

    def _fragment(self, name: str) -> Cost:
        if name not in self._known:
            self._known[name] = _ENDLESS  # until it is computed; a fragment that spreads itself keeps it
            fragment = self._fragments.get(name)
            self._known[name] = self._all(fragment.selection_set) if fragment else Cost()
        return self._known[name]

    def _own_values(self, name: str) -> float:
        sized = self._weights.sized.get(name)
        return sized.own if sized else 0

    def _own_waits(self, field: FieldNode, times: float) -> float:
        name = field.name.value
        clear = name not in self._weights.unclear or bool(field.arguments)
        usual = int(name in self._weights.waiting and clear)
        return WAITS.get(name, usual) + WAITS_OF_A_ROW.get(name, 0) * times

    def _times(self, field: FieldNode) -> float:
        """The factor by which a field multiplies the cost of its selection."""
        name = field.name.value
        sized = self._weights.sized.get(name)
        if sized is None:
            return self._weights.times.get(name, 1)
        asked = [
            self._number(each.value, sized) for each in field.arguments or () if each.name.value in sized.arguments
        ]
        return max(1, min(sized.most, max(asked, default=sized.usual)))

    def _number(self, value: ValueNode, sized: Sized) -> float:
        """The number of an argument, or the length of one that is counted; the maximum for any other value."""
        given = self._variables.get(value.name.value) if isinstance(value, VariableNode) else _literal(value)
        if sized.counted:
            return len(cast("Collection[object]", given)) if isinstance(given, list | tuple) else sized.most
        if given is None:
            return sized.usual
        return given if isinstance(given, int | float) and not isinstance(given, bool) else sized.most


def _literal(value: ValueNode) -> object:
    """The number of a literal, or its entries; None for null, and a text for all others."""
    if isinstance(value, ListValueNode):
        return value.values
    if isinstance(value, IntValueNode | FloatValueNode):
        return float(value.value)
    return None if isinstance(value, NullValueNode) else "no number"


def _defaults(document: DocumentNode) -> dict[str, object]:
    """The default values of variables; the largest number where several operations have one of that name."""
    operations = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    defined = [each for operation in operations for each in operation.variable_definitions or ()]
    found: dict[str, object] = {}
    for each in defined:
        name, value = each.variable.name.value, _literal(each.default_value) if each.default_value else None
        before = found.get(name)
        if isinstance(before, float) and isinstance(value, float):
            value = max(before, value)
        found[name] = before if value is None else value
    return found


def _capped(number: int) -> int:
    return min(number, _SATURATED)
