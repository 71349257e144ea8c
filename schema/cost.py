"""What a document costs, found out in one walk and before it is validated: one rule for all floods.

Each fragment is measured once and counted wherever it is spread, so the walk is linear in the document, however
often its fragments multiply. Numbers saturate: nothing grows past what is refused anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

MOST_VALUES = 20_000
"""Values in an answer: two pages of a hundred within one another hold ten thousand tasks or events."""
MOST_FIELDS = 400
"""As written, with fragments spread: the largest of GraphiQL's own queries has half as many."""
MOST_ALIASES = 100
MOST_DIRECTIVES = 30
MOST_REPEATS = 20
"""Fields that stand in their selection already, under the same name: validation compares each with each."""
DEEPEST = 20
DEEPEST_INTROSPECTION = 2
"""Lists of types' own fields within one another: tools need one, and each more multiplies by the whole schema."""
LARGEST_PAGE = 100
USUAL_PAGE = 20
MOST_ERRORS = 5
_INTROSPECTED = frozenset(("fields", "inputFields", "interfaces", "possibleTypes"))
_SATURATED = 1_000_000
_CODE = {"code": "BAD_REQUEST"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a selection asks for."""

    values: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    depth: int = 0
    introspection: int = 0
    repeats: int = 0
    names: frozenset[str] = frozenset()
    """Of the fields at the top."""

    def beside(self, other: "Cost") -> "Cost":
        """Both of them, in one selection."""
        return Cost(
            _capped(self.values + other.values),
            _capped(self.fields + other.fields),
            _capped(self.aliases + other.aliases),
            _capped(self.directives + other.directives),
            max(self.depth, other.depth),
            max(self.introspection, other.introspection),
            _capped(self.repeats + other.repeats + len(self.names & other.names)),
            self.names | other.names,
        )


_ENDLESS = Cost(values=_SATURATED)
"""A fragment that holds itself."""
_LIMITS = (
    ("values", MOST_VALUES, "could have {} values"),
    ("fields", MOST_FIELDS, "selects {} fields"),
    ("aliases", MOST_ALIASES, "has {} aliases"),
    ("directives", MOST_DIRECTIVES, "has {} directives"),
    ("depth", DEEPEST, "is nested {} levels deep"),
    ("introspection", DEEPEST_INTROSPECTION, "asks for lists of fields {} levels deep"),
    ("repeats", MOST_REPEATS, "has {} fields twice in the same selection"),
)


def cost_of(document: DocumentNode, variables: Mapping[str, Any], paged: frozenset[str]) -> Cost:
    """The cost of all operations of a document. `paged` names the fields that answer in pages."""
    return _Walk(document, variables, paged).total()


def too_costly(cost: Cost) -> GraphQLError | None:
    """Why a document is refused; None when it is not."""
    for name, limit, text in _LIMITS:
        found = getattr(cost, name)
        if found > limit:
            shown = f"more than {limit}" if found >= _SATURATED else str(found)
            return GraphQLError(f"The document {text.format(shown)}; at most {limit} are allowed.", extensions=_CODE)
    return None


@cache
def paged_fields(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the fields that take `first`."""
    kinds = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    return frozenset(name for kind in kinds for name, field in kind.fields.items() if "first" in field.args)


class _Walk:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any], paged: frozenset[str]) -> None:
        self._document = document
        self._variables = variables
        self._paged = paged
        self._known: dict[str, Cost] = {}
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def total(self) -> Cost:
        operations = (each for each in self._document.definitions if isinstance(each, OperationDefinitionNode))
        found = Cost()
        for operation in operations:
            found = found.beside(self._all(operation.selection_set))
            found = found.beside(Cost(directives=len(operation.directives or ())))
        for name in self._fragments:  # those that are spread nowhere, too: they are validated all the same
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
            found = found.beside(one).beside(Cost(directives=len(selection.directives or ())))
        return found

    def _field(self, field: FieldNode) -> Cost:
        within = self._all(field.selection_set)
        return Cost(
            _capped(1 + within.values * self._page(field)),
            _capped(1 + within.fields),
            within.aliases + (field.alias is not None),
            within.directives,
            _capped(1 + within.depth),
            _capped(within.introspection + (field.name.value in _INTROSPECTED)),
            within.repeats,
            frozenset({(field.alias or field.name).value}),
        )

    def _fragment(self, name: str) -> Cost:
        if name not in self._known:
            self._known[name] = _ENDLESS  # until it is known, which it is not while it is within itself
            fragment = self._fragments.get(name)
            self._known[name] = self._all(fragment.selection_set) if fragment else Cost()
        return self._known[name]

    def _page(self, field: FieldNode) -> int:
        """By how much a field multiplies what is asked of its nodes."""
        if field.name.value not in self._paged:
            return 1
        asked = [self._number(each.value) for each in field.arguments or () if each.name.value in ("first", "last")]
        return min(LARGEST_PAGE, max(asked, default=USUAL_PAGE))

    def _number(self, value: ValueNode) -> int:
        if isinstance(value, IntValueNode):
            return int(value.value[:9])
        given = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
        return given if isinstance(given, int) else USUAL_PAGE


def _capped(number: int) -> int:
    return min(number, _SATURATED)
