"""Descriptions for clients, taken from the docstrings that developers read: one text, one home."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from strawberry.types import get_object_definition

T = TypeVar("T")

F = TypeVar("F", bound=Callable[..., Any])


def plain(resolver: F) -> F:
    """Declare that compiled selections may call a resolver: what it gives depends on nothing but its object,
    its arguments and the context, and below the root it waits for nothing.
    """
    vars(resolver)["plain"] = True
    return resolver


def described(cls: type[T]) -> type[T]:
    """Make the docstrings of a GraphQL type and of its methods their descriptions. Goes above the type's decorator."""
    definition: Any = get_object_definition(cls, strict=True)
    definition.description = inspect.getdoc(cls)
    for field in definition.fields:
        if field.base_resolver is not None and field.description is None:
            field.description = inspect.getdoc(field.base_resolver.wrapped_func)
    return cls


def about(text: str) -> Any:
    """Describes an argument, as the second part of its Annotated type."""
    return strawberry.argument(description=text)
