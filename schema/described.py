"""Descriptions of GraphQL types, taken from their docstrings."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from strawberry.types import get_object_definition

T = TypeVar("T")

F = TypeVar("F", bound=Callable[..., Any])


def plain(resolver: F) -> F:
    """Declare that compiled selections may call a resolver: its value depends only on its object, arguments and
    context, and below the root it does not wait.
    """
    vars(resolver)["plain"] = True
    return resolver


def described(cls: type[T]) -> type[T]:
    """Use the docstrings of a GraphQL type and its methods as descriptions. Goes above the type's decorator."""
    definition: Any = get_object_definition(cls, strict=True)
    definition.description = inspect.getdoc(cls)
    for field in definition.fields:
        if field.base_resolver is not None and field.description is None:
            field.description = inspect.getdoc(field.base_resolver.wrapped_func)
    return cls


def about(text: str) -> Any:
    """The description of an argument, for its Annotated type."""
    return strawberry.argument(description=text)
