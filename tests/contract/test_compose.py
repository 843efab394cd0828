"""The compose file and the image, checked without an engine: what they promise, they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.image import serve
from deploy.local import jars, kafka, postgres, web

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "image" / "Dockerfile"
CADDYFILE = ROOT / "deploy" / "image" / "Caddyfile"
PROGRAMS = Path(sys.executable).parent

SECRETS = {"POSTGRES_PASSWORD": "letters4", "CLOSEDLOOP_SECRET": "0123456789" * 4}
SERVERS = {"postgres", "kafka", "proxy"}
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/app.py"))
WORKERS = sorted(path.parent.name for path in (ROOT / "services").glob("*/__main__.py"))
#: Kafka's settings that say where it is: a container's differ from the loopback's.
ADDRESSES = {"controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs"}


def run(program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
    return subprocess.run(
        [str(PROGRAMS / program), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def compose(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Ask compose about the file, without the .env that may lie beside it."""
    empty = folder / "empty.env"
    empty.touch()
    files = ("--env-file", str(empty), "--file", str(COMPOSE_FILE))
    return run("docker-compose", *files, *arguments, **variables)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give the services as compose understands them, defaults and shared parts filled in."""
    folder = tmp_path_factory.mktemp("compose")
    shown = compose(folder, "--profile", "*", "config", "--format", "json", **SECRETS)
    assert shown.returncode == 0, shown.stderr
    found: dict[str, Any] = json.loads(shown.stdout)["services"]
    return found


def ours(services: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in services.items() if name not in SERVERS}


def defaults_of_secrets(text: str) -> list[str]:
    """Return what stands for a secret in a compose file but is not refused when it is not set."""
    names = re.findall(r"\$\{?(\w*(?:PASSWORD|SECRET)\w*)(:\?)?", text)
    in_the_open = re.findall(r"(?m)^\s*\w*(?:PASSWORD|SECRET)\w*: (?!\$\{).+$", text)
    return [name for name, refused in names if not refused] + in_the_open


@pytest.mark.parametrize("missing", SECRETS)
def test_without_a_password_or_a_secret_nothing_starts(missing: str, tmp_path: Path) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}
    shown = compose(tmp_path, "config", "--quiet", **given)
    assert shown.returncode != 0
    assert f"{missing} is missing a value" in shown.stderr


def test_no_password_has_a_default() -> None:
    assert defaults_of_secrets(COMPOSE_FILE.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-postgres}",
        "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}",
        "      POSTGRES_PASSWORD: hunter2",
        "URL: postgresql://closedloop:$POSTGRES_PASSWORD@postgres/closedloop",
    ],
)
def test_a_password_with_a_default_would_be_found(line: str) -> None:
    assert defaults_of_secrets(line)


@pytest.mark.parametrize("service", WORKERS)
def test_every_worker_runs_and_is_started_again(service: str, services: dict[str, Any]) -> None:
    worker = services[f"{service.replace('_', '-')}-worker"]
    assert worker["command"] == ["python", "-m", f"services.{service}"]
    assert worker["restart"] == "always"


def test_the_notifier_runs_and_has_a_way_out(services: dict[str, Any]) -> None:
    notifier = services["routing-notifier"]
    assert notifier["command"] == ["python", "-m", "services.routing.notifier"]
    assert notifier["restart"] == "always"
    assert set(notifier["networks"]) == {"inside", "front"}


@pytest.mark.parametrize("name", ["assessor", "detector"])
def test_assessor_and_detector_run_and_have_no_way_out(services: dict[str, Any], name: str) -> None:
    process = services[f"outer-loop-{name}"]
    assert process["command"] == ["python", "-m", f"services.outer_loop.{name}"]
    assert process["restart"] == "always"
    assert "front" not in process.get("networks", ())


def test_the_clock_runs_and_has_no_way_out(services: dict[str, Any]) -> None:
    clock = services["routing-clock"]
    assert clock["command"] == ["python", "-m", "services.routing.clock"]
    assert clock["restart"] == "always"
    assert "front" not in clock.get("networks", ())


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_serves_its_api(service: str, services: dict[str, Any]) -> None:
    api = services[f"{service.replace('_', '-')}-api"]
    assert api["command"] == ["python", "-m", "deploy.image.serve", service]
    assert "/readyz" in api["healthcheck"]["test"][-1]


def test_the_image_can_serve_every_service() -> None:
    assert sorted(serve.SERVICES) == SERVICES


def test_no_two_workers_share_a_slot(services: dict[str, Any]) -> None:
    slots = [
        (*service["command"], service["environment"]["CLOSEDLOOP_SLOT"])
        for name, service in services.items()
        if name.endswith("-worker")
    ]
    assert len(set(slots)) == len(slots) >= len(WORKERS)


def test_migrations_and_topics_come_first(services: dict[str, Any]) -> None:
    done = {"condition": "service_completed_successfully", "required": True}
    running = [name for name in services if name.endswith(("-worker", "-api"))]
    for name in running:
        assert services[name]["depends_on"] == {"migrate": done, "topics": done}, name
    for step, server in (("migrate", "postgres"), ("topics", "kafka")):
        assert services[step]["command"] == ["closedloop", step]
        assert services[step]["depends_on"][server]["condition"] == "service_healthy"


def test_our_own_containers_may_do_nothing_but_their_work(services: dict[str, Any]) -> None:
    for name, service in ours(services).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["environment"]["CLOSEDLOOP_MODE"] == "production", name


def test_only_the_proxy_can_be_reached_from_outside(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if service.get("ports")] == ["proxy"]
    assert services["proxy"]["ports"][0]["host_ip"] == "127.0.0.1"


def test_no_log_grows_for_ever(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name


def test_the_data_of_both_servers_is_kept(services: dict[str, Any]) -> None:
    kept = {
        name: service["volumes"][0]["target"]
        for name, service in services.items()
        if name in {"postgres", "kafka"}
    }
    # Since PostgreSQL 18 the image keeps its data below the folder that was mounted before.
    assert kept == {"postgres": "/var/lib/postgresql", "kafka": "/var/lib/kafka/data"}
    assert services["kafka"]["environment"]["KAFKA_LOG_DIRS"] == kept["kafka"]


def test_the_servers_are_those_that_the_tests_run_on(services: dict[str, Any]) -> None:
    version = jars.kafka_version(jars.read_lock(jars.LOCK.read_text()))
    assert services["kafka"]["image"] == f"apache/kafka:{version}"
    header = postgres.find_lodging(ROOT).binaries.parent / "include" / "pg_config.h"
    (minor,) = re.findall(r'#define PG_VERSION "(.+)"', header.read_text())
    assert services["postgres"]["image"].split("-")[0] == f"postgres:{minor}"


def test_kafka_is_set_up_as_the_local_one(services: dict[str, Any]) -> None:
    local = dict(
        line.split("=", 1)
        for line in kafka._PROPERTIES.splitlines()
        if line and not line.startswith("#")
    )
    given = services["kafka"]["environment"]
    for name in local.keys() - ADDRESSES:
        assert given["KAFKA_" + name.upper().replace(".", "_")] == local[name], name
    assert given["KAFKA_HEAP_OPTS"] == f"-Xmx{kafka.HEAP_MB}m"


def test_the_proxy_knows_the_prefixes_that_the_local_web_server_knows() -> None:
    by_segment: dict[str, str] = {}
    for name, paths in re.findall(r"@(\w+) path (.+)", CADDYFILE.read_text()):
        (service,) = re.findall(
            rf"handle @{name} {{\s+reverse_proxy (\S+)-api:8000", CADDYFILE.read_text()
        )
        segments = {path.strip("/*") for path in paths.split()}
        assert set(paths.split()) == {f"/{s}{end}" for s in segments for end in ("", "/*")}
        by_segment |= dict.fromkeys(segments, service.replace("-", "_"))
    (rest,) = re.findall(r"handle {\s+reverse_proxy (\S+)-api:8000", CADDYFILE.read_text())
    assert rest == next(iter(web.FACTORIES))
    assert by_segment == {
        segment: service for segment, service in web.SEGMENTS.items() if service != rest
    }
    assert f"redir / {web.HOME}" in CADDYFILE.read_text()


def test_every_image_is_pinned_to_a_version(services: dict[str, Any]) -> None:
    images = [services[name]["image"] for name in sorted(SERVERS)]
    images += re.findall(r"(?m)^FROM (\S+)", DOCKERFILE.read_text())
    assert all(re.search(r":\d+\.\d+(\.\d+)?(-[a-z]+)*$", image) for image in images), images


def test_the_dockerfile_has_no_faults() -> None:
    checked = run("hadolint", "--no-color", str(DOCKERFILE))
    assert checked.returncode == 0, checked.stdout


def test_a_fault_in_a_dockerfile_would_be_found(tmp_path: Path) -> None:
    faulty = tmp_path / "Dockerfile"
    faulty.write_text("FROM python\nRUN cd /tmp\n")
    checked = run("hadolint", "--no-color", str(faulty))
    assert checked.returncode != 0
    assert "DL3006" in checked.stdout


def test_the_image_runs_as_nobody_in_particular() -> None:
    users = re.findall(r"(?m)^USER (\d+):\d+$", DOCKERFILE.read_text())
    assert users
    assert all(int(user) > 0 for user in users)
