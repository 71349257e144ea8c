"""What we use of the libraries beyond their documents: an upgrade that changes it must fail here, not in service."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
# graphql-core's types are generic and mostly leave their parameters out; mypy checks these lines.

import inspect
from importlib.metadata import version

import graphql
import strawberry.asgi
import uvicorn
from graphql.execution import collect_fields
from strawberry.schema.schema import Schema, validate_document
from strawberry.subscriptions.protocols.graphql_transport_ws import handlers
from strawberry.types.arguments import convert_arguments
from uvicorn.server import ServerState

from schema.execution.build import build_schema


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_the_library_is_the_one_that_was_looked_into() -> None:
    assert version("strawberry-graphql").startswith("0.341.")


def test_the_socket_handler_runs_operations_as_we_override_it() -> None:
    handler = handlers.BaseGraphQLTransportWSHandler
    assert parameters(handler.run_operation) == ["self", "operation"]
    assert parameters(handler.cleanup_operation) == ["self", "operation_id"]
    assert parameters(handler.shutdown) == ["self"]
    assert "self.run_operation(operation)" in inspect.getsource(handler.handle_subscribe)
    assert "self.cleanup_operation(operation_id" in inspect.getsource(handler.handle_complete)
    assert "self.operations" in inspect.getsource(handler.handle_subscribe)
    assert {"id", "query", "variables", "operation_name"} <= set(handlers.Operation.__slots__)
    assert hasattr(strawberry.asgi.GraphQL, "graphql_transport_ws_handler_class")


def test_the_schema_is_executed_with_the_document_that_an_extension_sets() -> None:
    schema = build_schema()
    assert isinstance(schema.core, graphql.GraphQLSchema)
    assert inspect.getsource(validate_document).count("ValidationRule,\n") == 2  # those that `Documents` adds
    assert "max_errors" in parameters(graphql.validate)
    assert "graphql_document" in inspect.getsource(Schema.execute)
    assert parameters(convert_arguments)[:4] == ["value", "arguments", "scalar_registry", "config"]
    assert schema.schema_converter.scalar_registry


def test_graphql_core_collects_fields_and_executes_single_events() -> None:
    assert parameters(collect_fields.collect_fields)[:5] == [
        "schema",
        "fragments",
        "variable_values",
        "runtime_type",
        "operation",
    ]
    assert parameters(collect_fields.collect_subfields)[:6] == [
        "schema",
        "fragments",
        "variable_values",
        "operation",
        "return_type",
        "field_details_list",
    ]
    assert parameters(graphql.execute_subscription_event) == ["executor"]
    assert parameters(graphql.Executor.build_per_event_executor) == ["self", "payload"]


def test_the_server_lists_its_connections_and_each_can_be_sent_away() -> None:
    assert {"connections", "tasks"} <= set(vars(ServerState()))
    assert parameters(uvicorn.Server.startup) == parameters(uvicorn.Server.shutdown) == ["self", "sockets"]
    assert "connection.shutdown()" in inspect.getsource(uvicorn.Server.shutdown)
