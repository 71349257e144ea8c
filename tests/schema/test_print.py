from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from schema.print import SDL, sdl


def test_the_checked_in_sdl_is_the_schema() -> None:
    assert SDL.read_text(encoding="utf-8") == sdl(), "`make sdl` writes it anew"


def test_every_type_field_and_value_is_described() -> None:
    for kind in build_schema(sdl()).type_map.values():
        if kind.name.startswith("__") or kind.name in ("Boolean", "Float", "ID", "Int", "String"):
            continue
        assert kind.description, kind.name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            assert all(field.description for field in kind.fields.values()), kind.name
        if isinstance(kind, GraphQLEnumType):
            assert all(value.description for value in kind.values.values()), kind.name
