"""Going on where a stream broke off, for clients that tell the place in a header: Last-Event-ID.

A browser's EventSource repeats its request word for word and adds the header. The place
belongs into the argument `after` of the subscribed field, so it is put there.
"""

from dataclasses import replace
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
)

from schema.execution.operations import definition
from schema.execution.results import Operation

LONGEST_PLACE = 100
ARGUMENT = "after"
VARIABLE = "lastEventId"


def resumed(operation: Operation, place: str) -> Operation:
    """The same subscription from a place on: a task event's seq, or a feed's cursor.

    Where the document has a variable as `after`, only its value changes.
    """
    found = definition(operation)
    if found is None or found[1].operation is not OperationType.SUBSCRIPTION or len(place) > LONGEST_PLACE:
        return operation
    document, subscription = found
    fields = [field for field in subscription.selection_set.selections if isinstance(field, FieldNode)]
    if len(fields) != 1:
        return operation
    value: Any = int(place) if place.isdecimal() and place.isascii() else place
    given = next((found.value for found in fields[0].arguments or () if found.name.value == ARGUMENT), None)
    variable = given.name.value if isinstance(given, VariableNode) else VARIABLE
    variables = {**(operation.variables or {}), variable: value}
    if variable != VARIABLE:
        return replace(operation, variables=variables)
    asking = _asking(subscription, fields[0], "Int" if isinstance(value, int) else "String")
    others = tuple(definition for definition in document.definitions if definition is not subscription)
    return replace(operation, query=print_ast(DocumentNode(definitions=(asking, *others))), variables=variables)


def _asking(subscription: OperationDefinitionNode, field: FieldNode, kind: str) -> OperationDefinitionNode:
    """The subscription with its field taking the variable as its place."""
    variable = VariableNode(name=NameNode(value=VARIABLE))
    kept = tuple(argument for argument in field.arguments or () if argument.name.value != ARGUMENT)
    asking = FieldNode(
        alias=field.alias,
        name=field.name,
        arguments=(*kept, ArgumentNode(name=NameNode(value=ARGUMENT), value=variable)),
        directives=field.directives,
        selection_set=field.selection_set,
    )
    declared = VariableDefinitionNode(variable=variable, type=NamedTypeNode(name=NameNode(value=kind)), directives=())
    return OperationDefinitionNode(
        operation=subscription.operation,
        name=subscription.name,
        variable_definitions=(*(subscription.variable_definitions or ()), declared),
        directives=subscription.directives,
        selection_set=SelectionSetNode(selections=(asking,)),
    )
