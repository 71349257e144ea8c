"""Resumption of a stream by the header Last-Event-ID.

A browser's EventSource repeats its request and adds the header, whose value becomes the argument `after`.
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

MAX_POSITION_LENGTH = 100
ARGUMENT = "after"
VARIABLE = "lastEventId"


def resumed(operation: Operation, position: str) -> Operation:
    """The same subscription from a position on: a task event's seq, or a feed's cursor.

    Where the document has a variable as `after`, only the variable's value changes.
    """
    found = definition(operation)
    if found is None or found[1].operation is not OperationType.SUBSCRIPTION or len(position) > MAX_POSITION_LENGTH:
        return operation
    document, subscription = found
    fields = [field for field in subscription.selection_set.selections if isinstance(field, FieldNode)]
    if len(fields) != 1:
        return operation
    value: Any = int(position) if position.isdecimal() and position.isascii() else position
    given = next((found.value for found in fields[0].arguments or () if found.name.value == ARGUMENT), None)
    variable = given.name.value if isinstance(given, VariableNode) else VARIABLE
    variables = {**(operation.variables or {}), variable: value}
    if variable != VARIABLE:
        return replace(operation, variables=variables)
    resuming = _with_after(subscription, fields[0], "Int" if isinstance(value, int) else "String")
    others = tuple(definition for definition in document.definitions if definition is not subscription)
    return replace(operation, query=print_ast(DocumentNode(definitions=(resuming, *others))), variables=variables)


def _with_after(subscription: OperationDefinitionNode, field: FieldNode, kind: str) -> OperationDefinitionNode:
    """The subscription with the variable as argument `after` of its field."""
    variable = VariableNode(name=NameNode(value=VARIABLE))
    kept = tuple(argument for argument in field.arguments or () if argument.name.value != ARGUMENT)
    resumed_field = FieldNode(
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
        selection_set=SelectionSetNode(selections=(resumed_field,)),
    )
