"""The Helm chart, as Helm renders it and Kubernetes would take it."""

import re
import sys
from importlib import import_module
from typing import Any

import pytest
import yaml
from starlette.routing import Mount, Route
from typer.main import get_command

from draftcast.app import create_app
from draftcast.cli.app import app
from services.settings import Settings, load
from tests.support.programs import not_run
from tests.support.server import ROOT

CHART = ROOT / "deploy/helm/draftcast"
PROGRAMS = ROOT / ".tools/chart"
KUBERNETES = ("1.27", "1.37")
VALUES: dict[str, Any] = {
    "publicUrl": "https://render.example",
    "filesUrl": "s3://videos/draftcast",
    "secrets": {
        "database": {"name": "draftcast-database", "key": "url"},
        "signingKey": {"name": "draftcast-signing", "key": "key"},
        "storage": {"name": "draftcast-storage"},
    },
    "server": {"dataClaim": "draftcast-drafts"},
    "settings": {"DRAFTCAST_KEEP_DAYS": "30", "DRAFTCAST_MAX_TASK_BYTES": "20000000000"},
}
SCALED: dict[str, Any] = {**VALUES, "worker": {"renderSlots": 4, "autoscaling": {"enabled": True}}}
REACHED: dict[str, Any] = {**VALUES, "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "render-tls"}}
ALL_SECRETS: dict[str, Any] = {
    **VALUES,
    "secrets": {
        name: {"name": name.lower(), "key": "key"}
        for name in yaml.safe_load((CHART / "values.yaml").read_text())["secrets"]
    },
}


@pytest.fixture(scope="module")
def helm() -> Any:
    """The SDK of Helm; an object of any shape, as type checkers have no path to it."""
    if not (PROGRAMS / "ready").exists():
        not_run("Helm", "make .tools/chart/ready")
    sys.path.append(str(PROGRAMS))
    return import_module("helm_python")


def rendered(helm: Any, values: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """The objects of a release called `video`, by kind and name."""
    manifests = helm.Chart.load(CHART).render(values, name="video", namespace="media")
    objects = [each for name, text in manifests.items() if name.endswith(".yaml") for each in yaml.safe_load_all(text)]
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def pod(found: dict[tuple[str, str], Any], part: str) -> Any:
    """The pod of a part."""
    return found["Deployment", f"video-{part}"]["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    "values", [VALUES, SCALED, REACHED, ALL_SECRETS], ids=["least", "scaled", "reached", "all secrets"]
)
def test_what_the_chart_renders_is_what_kubernetes_takes(helm: Any, values: dict[str, Any]) -> None:
    found = rendered(helm, values)
    kubernetes = import_module("kubernetes_validate")
    for (kind, _), each in found.items():
        for version in KUBERNETES if kind != "ScaledObject" else ():
            kubernetes.validate(each, version, strict=True)
    kinds = ["Deployment", "Deployment", "PodDisruptionBudget", "PodDisruptionBudget", "Service"]
    assert sorted(kind for kind, _ in found if kind not in ("ScaledObject", "Ingress")) == kinds
    assert (("Ingress", "video-server") in found) == (values is REACHED)
    assert (("ScaledObject", "video-worker") in found) == (values is SCALED)


def test_api_processes_and_workers_run_commands_of_ours_without_rights_and_are_probed(helm: Any) -> None:
    found = rendered(helm, VALUES)
    for part in ("server", "worker"):
        (container,) = pod(found, part)["containers"]
        name, *options = container["args"]
        get_command(app).commands[name].make_context(name, options)  # type: ignore[attr-defined]  # a group has commands
        assert (
            pod(found, part)["securityContext"]["runAsNonRoot"],
            pod(found, part)["securityContext"]["runAsUser"],
        ) == (True, 10001)
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        probes = {
            each: container[each]["httpGet"]["path"] for each in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        assert probes == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    selector = found["Service", "video-server"]["spec"]["selector"]
    labels = found["Deployment", "video-server"]["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items()


def test_every_setting_that_the_chart_names_is_one_and_secrets_come_by_reference(helm: Any) -> None:
    text = "".join(path.read_text() for path in CHART.rglob("*.*"))
    named = {name.lower() for name in re.findall(r"\bDRAFTCAST_([A-Z_]+)\b", text)}
    assert named <= set(Settings.model_fields)
    given = {each["name"]: each for each in pod(rendered(helm, ALL_SECRETS), "worker")["containers"][0]["env"]}
    told = {name.removeprefix("DRAFTCAST_").lower(): each["value"] for name, each in given.items() if "value" in each}
    assert Settings(**told).keep_days == 30
    by_reference = {name for name, each in given.items() if "valueFrom" in each}
    names = ("DATABASE_URL", "SIGNING_KEY", "BROADCAST_URL", "WEBHOOK_SECRET")
    assert by_reference == {f"DRAFTCAST_{name}" for name in names}


def test_the_ingress_leads_to_all_but_what_operators_read(helm: Any) -> None:
    ingress = rendered(helm, REACHED)["Ingress", "video-server"]["spec"]
    assert ingress["tls"] == [{"hosts": ["render.example"], "secretName": "render-tls"}]
    (rule,) = ingress["rules"]
    led = {each["path"] for each in rule["http"]["paths"]}
    ours = {"/" + route.path.split("/")[1] for route in create_app(load()).routes if isinstance(route, Route | Mount)}
    assert (rule["host"], led) == ("render.example", ours - {"/healthz", "/readyz", "/metrics"})


def test_scaling_follows_the_tasks_of_the_metric_that_exists(helm: Any) -> None:
    found = rendered(helm, SCALED)
    assert "replicas" not in found["Deployment", "video-worker"]["spec"]
    (trigger,) = found["ScaledObject", "video-worker"]["spec"]["triggers"]
    assert trigger["metadata"]["query"] == 'sum(max by (status) (draftcast_tasks{namespace="media"}))'
    assert trigger["metadata"]["threshold"] == "4"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"publicUrl": "render.example"}, "/publicUrl"),
        ({"server": {"dataClaim": ""}}, "/server"),
        ({"secrets": {"signingKey": VALUES["secrets"]["signingKey"]}}, "/secrets/database"),
        ({"settings": {"DRAFTCAST_KEEP_DAYS": 30}}, "/settings/DRAFTCAST_KEEP_DAYS"),
        ({"workers": {}}, "workers"),
    ],
)
def test_values_that_cannot_work_are_refused_with_their_place(helm: Any, wrong: dict[str, Any], place: str) -> None:
    with pytest.raises(helm.HelmError, match=place):
        rendered(helm, {**VALUES, **wrong})
