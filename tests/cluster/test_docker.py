"""The compose file and the image's parts, as far as they can be checked without Docker; README.md says what was run."""

import importlib.util
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import yaml
from setuptools import find_namespace_packages

from cluster.commands.agent import AgentArguments
from cluster.commands.serve import ServeArguments
from cluster.config.arguments import parse_train
from cluster.config.one_line import parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docker"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_ports_are_open_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_health_check_no_rights_and_a_fixed_image(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert re.fullmatch(r"[\w./-]+:(v?\d+\.\d+\.\d+(-\w+)?|\$\{IMAGE_TAG:-cpu\})", service["image"])


def test_every_secret_comes_from_the_environment_file() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", (FOLDER / "compose.yaml").read_text()))
    lines = (FOLDER / "example.env").read_text().splitlines()
    empty = {line.removesuffix("=") for line in lines if re.fullmatch(r"\w+=", line)}
    assert required == {"RAY_AUTH_TOKEN", "REDIS_PASSWORD", "GRAFANA_PASSWORD"}
    assert required <= empty
    assert ".env" in (FOLDER / ".gitignore").read_text().split()
    # The build sees nothing but what is named.
    assert (ROOT / ".dockerignore").read_text().split("\n")[1] == "*"


def test_the_run_s_command_line_is_understood() -> None:
    words = shlex.split(re.sub(r"\$\{\w+:-(\w*)\}", r"\1", SERVICES["train"]["command"]))
    config, resume = parse_train(["--address", *words[1:]])
    assert (config.address, config.metrics_host, config.name, resume) == ("head:6379", "0.0.0.0", "first", None)
    assert str(config.metrics_port) in (FOLDER / "prometheus" / "prometheus.yml").read_text()


def test_the_image_takes_what_is_there() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(?:--\S+ )?(.*) \S+$", text, re.M):
        for file in line.split():
            assert (ROOT / file).exists(), file
    assert text.index("USER sonic") < text.index("CMD [")


@pytest.mark.parametrize("name", ["environment", "agent"])
def test_a_contest_s_containers_share_a_folder_and_nothing_else(name: str) -> None:
    contest = yaml.safe_load((FOLDER / "contest" / "compose.yaml").read_text())
    service = contest["services"][name]
    assert service["network_mode"] == "none"
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    dockerfile = FOLDER / "contest" / service["build"]["dockerfile"]
    commands = [json.loads(dockerfile.read_text().rsplit("CMD ", 1)[1])]
    words = re.sub(r"\$\{\w+:-([^{}]*)\}", r"\1", service["command"]).split()
    for command in [*commands, words]:
        assert command[:2] == ["sonic-worlds", {"environment": "serve", "agent": "agent"}[name]]
        kind: Any = ServeArguments if name == "environment" else AgentArguments
        arguments = parse(kind, command[2:], "sonic-worlds")
        assert (arguments.dir, arguments.steps) == (Path("tmp/sock"), 1_000_000)
    mounts = {volume.rpartition(":/")[0] for volume in service["volumes"]}
    # The agent does not see what is kept of it.
    assert ("results" in mounts) == (name == "environment")
    assert contest["volumes"]["meeting"]["driver_opts"]["type"] == "tmpfs"


def test_gym_retro_s_image_takes_what_is_there_and_has_the_pins() -> None:
    text = (FOLDER / "gym-retro" / "Dockerfile").read_text()
    seen = (ROOT / ".dockerignore").read_text().split("\n")
    for file in re.findall(r"^COPY (?!--from)(\S+) \S+$", text, re.M):
        assert (ROOT / file).exists(), file
        assert f"!{file.partition('/')[0]}" in seen
    pins = (ROOT / "requirements-gym-retro.txt").read_text().splitlines()
    assert {"gym-retro==0.8.0", "gym==0.21.0"} <= {*pins}
    assert text.index("USER sonic") < text.index("ENTRYPOINT [")


@pytest.fixture
def healthy() -> ModuleType:
    spec = importlib.util.spec_from_file_location("healthy", FOLDER / "healthy.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def port() -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/good" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_only_who_answers_well_is_healthy(healthy: ModuleType, port: int) -> None:
    assert healthy.healthy(port, "/good")
    assert not healthy.healthy(port, "/bad")
    assert not healthy.healthy(1, "/good")
    used = {
        service["healthcheck"]["test"][2]
        for service in SERVICES.values()
        if "healthy.py" in service["healthcheck"]["test"]
    }
    assert used == set(healthy.PARTS)


def test_the_wheel_in_the_image_has_every_package() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]
    modules = [
        p for top in ("actors", "learners", "world_model", "cluster", "windup") for p in (ROOT / top).rglob("*.py")
    ]
    folders = {".".join(module.parent.relative_to(ROOT).parts) for module in modules}
    # The game's tools are for a checkout.
    # That of the agent has no modules.
    ours = {name for name in folders if not name.startswith("windup.tools")} | {"pretrained"}
    packages = find_namespace_packages(str(ROOT), **wanted)
    # Others give a wheel only the data that is listed for them.
    assert {name for name in packages if name in folders or name == "pretrained"} == ours
    assert {name.partition(".")[0] for name in packages} == {name.partition(".")[0] for name in ours}
