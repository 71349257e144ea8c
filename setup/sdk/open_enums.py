"""A plugin of ariadne-codegen: enums take values that a newer server has added."""

import ast

from ariadne_codegen.plugins.base import Plugin
from graphql import GraphQLEnumType


class OpenEnums(Plugin):
    """Generated enums extend `draftcast_client.values.OpenEnum`."""

    def generate_enum(self, class_def: ast.ClassDef, enum_type: GraphQLEnumType) -> ast.ClassDef:  # noqa: ARG002 - the generator's signature
        """The enum on another base."""
        class_def.bases = [ast.Name("OpenEnum")]
        return class_def

    def generate_enums_module(self, module: ast.Module) -> ast.Module:
        """The module, which imports the base instead of Enum."""
        module.body[0] = ast.ImportFrom("values", [ast.alias("OpenEnum")], level=2)
        return module
