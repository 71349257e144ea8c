"""Descriptions for clients, taken from the docstrings that developers read: one text, one home."""

import inspect
from typing import Any, TypeVar

import strawberry
from strawberry.types import has_object_definition

T = TypeVar("T")


def described(cls: type[T]) -> type[T]:
    """Make the docstrings of a GraphQL type and of its methods their descriptions. Goes above the type's decorator."""
    assert has_object_definition(cls)
    definition = cls.__strawberry_definition__
    definition.description = inspect.getdoc(cls)
    for field in definition.fields:
        if field.base_resolver is not None and field.description is None:
            field.description = inspect.getdoc(field.base_resolver.wrapped_func)
    return cls


def about(text: str) -> Any:
    """The description of an argument: `Annotated[type, about("...")]`."""
    return strawberry.argument(description=text)


