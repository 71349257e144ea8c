"""Limits of what stands in a document: fields, literals, directives and variables. They are checked first.

Validation prints a whole object for each of its unknown fields, so an object costs its fields times its size.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
)

from schema.execution.cost import MOST_FIELDS

MOST_DEFINITIONS = 80
"""Operations and fragments of a document; validation compares them with each other."""
MOST_VARIABLES = 100
MOST_DIRECTIVES = 30
MOST_LITERALS = 500
"""Arguments and the values within them."""
MOST_PRINTED = 2500
"""Values that validation prints if all fields of all objects are unknown, some microseconds each."""
MOST_VALUES = 10_000
"""Numbers, texts, lists and objects within the variables."""
CHARACTERS_OF_A_VALUE = 100
"""A longer text counts as several values."""
NO_TEXT = "\0"
"""PostgreSQL cannot store texts with it."""
_CODE = {"code": "BAD_REQUEST"}
_LIMITS = (
    ("definitions", MOST_DEFINITIONS, "has {} operations and fragments"),
    ("fields", MOST_FIELDS, "selects {} fields"),
    ("variables", MOST_VARIABLES, "has {} variables"),
    ("directives", MOST_DIRECTIVES, "has {} directives"),
    ("literals", MOST_LITERALS, "has {} values as arguments and within them"),
    ("printed", MOST_PRINTED, "has objects that weigh {}, each as its fields times its values"),
)
_Definition = OperationDefinitionNode | FragmentDefinitionNode
_Holder = _Definition | FieldNode | FragmentSpreadNode | InlineFragmentNode | VariableDefinitionNode


@dataclass(slots=True)
class Given:
    """The numbers of fields, literals and directives in a document."""

    definitions: int = 0
    fields: int = 0
    """As they stand there; the cost counts them wherever a fragment is spread, which takes longer."""
    variables: int = 0
    directives: int = 0
    literals: int = 0
    printed: int = 0
    readable: bool = True
    """Whether the database can store all texts."""

    def count(self, value: ValueNode) -> int:
        """Count a value; returns the number of values within it, itself included."""
        size = 1
        if isinstance(value, ObjectValueNode):
            size += sum(self.count(field.value) for field in value.fields)
            self.printed += len(value.fields) * size
        elif isinstance(value, ListValueNode):
            size += sum(self.count(item) for item in value.values)
        elif isinstance(value, StringValueNode):
            size += len(value.value) // CHARACTERS_OF_A_VALUE
            self.readable = self.readable and NO_TEXT not in value.value
        self.literals += 1
        return size


def limit_error(document: DocumentNode, variables: Mapping[str, Any]) -> GraphQLError | None:
    """The first limit that a document or its variables exceed, as an error; None when there is none."""
    if not all(isinstance(each, _Definition) for each in document.definitions):
        return _refusal("The document defines types; it may hold operations and fragments only.")
    given = _given(document)
    for name, limit, text in _LIMITS:
        found = getattr(given, name)
        if found > limit:
            return _refusal(f"The document {text.format(found)}; at most {limit} are allowed.")
    values = list(_values(variables))
    if len(values) > MOST_VALUES:
        return _refusal(f"The variables hold more than {MOST_VALUES} values.")
    if not given.readable or any(isinstance(value, str) and NO_TEXT in value for value in values):
        return _refusal("Texts must not hold the character U+0000.")
    return None


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions=_CODE)


def _given(document: DocumentNode) -> Given:
    given = Given(definitions=len(document.definitions))
    for holder in _holders(document):
        directives = cast("Iterable[DirectiveNode]", holder.directives or ())
        arguments = list(cast("Iterable[ArgumentNode]", getattr(holder, "arguments", None) or ()))
        given.fields += isinstance(holder, FieldNode)
        for directive in directives:
            given.directives += 1
            arguments += directive.arguments or ()
        for argument in arguments:
            given.count(argument.value)
        if isinstance(holder, VariableDefinitionNode):
            given.variables += 1
            if holder.default_value is not None:
                given.count(holder.default_value)
    return given


def _holders(document: DocumentNode) -> Iterator[_Holder]:
    """All nodes of a document that may have arguments or directives."""
    left: list[Any] = [each for each in document.definitions if isinstance(each, _Definition)]
    while left:
        holder: Any = left.pop()
        yield holder
        left += getattr(holder, "variable_definitions", None) or ()
        selections = getattr(holder, "selection_set", None)
        left += selections.selections if selections else ()


def _values(variables: Mapping[str, Any]) -> Iterator[object]:
    """The values and names of a JSON object, at most one more than `MOST_VALUES`."""
    left: list[Any] = [variables]
    for _ in range(MOST_VALUES + 1):
        if not left:
            return
        value = left.pop()
        yield value
        if isinstance(value, dict):
            left += value
            left += cast("dict[str, Any]", value).values()
        elif isinstance(value, list):
            left += value
