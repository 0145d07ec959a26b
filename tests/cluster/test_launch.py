"""The launch files, against what Ray and KubeRay publish of their formats. None of them was tried on a real cloud."""

import copy
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import ray
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.scripts import scripts

from cluster.config.arguments import parse_train

FOLDER = Path(__file__).parents[2] / "cluster" / "launch"
LAUNCHER = ["on-premises.yaml", "aws.yaml", "gcp.yaml"]
KUBERAY = ["raycluster.yaml", "rayjob.yaml"]
FORMAT = json.loads((Path(__file__).parent / "kuberay_v1.json").read_text())


def _load(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


def _check_kuberay(manifest: dict[str, Any]) -> None:
    kinds = {"RayCluster": "cluster", "RayJob": "job"}
    assert manifest["apiVersion"] == "ray.io/v1"
    jsonschema.validate(manifest["spec"], FORMAT | {"$ref": f"#/$defs/{kinds[manifest['kind']]}"})
    spec = manifest["spec"].get("rayClusterSpec", manifest["spec"])
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": group["template"]["spec"]}
        kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("name", LAUNCHER)
def test_the_cluster_launcher_takes_the_file(name: str) -> None:
    config = prepare_config(_load(name))
    validate_config(config)
    if name == "on-premises.yaml":
        assert config["available_node_types"]["local.cluster.node"]["max_workers"] == 2
    broken = copy.deepcopy(config) | {"head_start_commands": []}
    with pytest.raises(jsonschema.ValidationError, match="head_start_commands"):
        validate_config(broken)


@pytest.mark.parametrize("name", KUBERAY)
def test_kuberay_takes_the_manifest(name: str) -> None:
    manifest = _load(name)
    _check_kuberay(manifest)
    for path in (["image"], ["resources", "limit"], ["volumeMounts", 0, "path"]):
        broken = copy.deepcopy(manifest)
        spec = broken["spec"].get("rayClusterSpec", broken["spec"])
        part = spec["headGroupSpec"]["template"]["spec"]["containers"][0]
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = 7
        with pytest.raises(kubernetes_validate.ValidationError):
            _check_kuberay(broken)
    broken = copy.deepcopy(manifest)
    broken["spec"]["retries"] = 3
    with pytest.raises(jsonschema.ValidationError, match="retries"):
        _check_kuberay(broken)


def test_the_option_in_the_comment_is_one() -> None:
    text = (FOLDER / "raycluster.yaml").read_text()
    option = re.search(r"  # gcsFaultToleranceOptions:\n(  #  .*\n)+", text)
    assert option
    manifest = yaml.safe_load(text.replace(option[0], option[0].replace("  # ", "  ")))
    assert "redisPassword" in manifest["spec"]["gcsFaultToleranceOptions"]
    _check_kuberay(manifest)


@pytest.mark.parametrize("name", KUBERAY)
def test_the_manifests_name_the_version_of_ray_that_is_installed(name: str) -> None:
    spec = _load(name)["spec"]
    assert spec.get("rayClusterSpec", spec)["rayVersion"] == ray.__version__


def _commands(name: str) -> list[list[str]]:
    """The words of every command of ours or Ray's in a file, its comments included."""
    text = (FOLDER / name).read_text().replace("\\\n", " ")
    text = re.sub(r"\n#? *(?=--)", " ", text)
    result = re.findall(r"(?:(?<!`)sonic-worlds train|/ray start)[^\n'&]*", re.sub(r'"(\$bin/[\w-]+)"', r"\1", text))
    return [shlex.split(re.sub(r'"?\$\{?\w+\}?"?', "1", line.replace('"$@"', ""))) for line in result]


@pytest.mark.parametrize("name", [*LAUNCHER, *KUBERAY, "slurm.sh"])
def test_every_command_line_in_the_files_is_understood(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = _commands(name)
    assert any(words[0].endswith("sonic-worlds") for words in commands)
    for words in commands:
        if words[0].endswith("sonic-worlds"):
            named = ["--name", "first"] if "--name" not in words else []
            config, _ = parse_train([*words[2:], *named])
            assert config.address
            assert "--auto-resume" in words
        else:
            scripts.start.make_context("start", words[2:], resilient_parsing=False)


def test_the_slurm_script_is_a_script() -> None:
    subprocess.run(["bash", "-n", FOLDER / "slurm.sh"], check=True)


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_no_secret_is_in_a_file_and_nothing_listens_to_the_world(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"(?i)(password|token|secret)\w*\s*[:=]\s*['\"]?[A-Za-z0-9+/]{16,}", text)
    assert "0.0.0.0" not in text
    assert not re.search(r"image: \S+/\S+", text)
    authenticated = "RAY_AUTH_MODE=token" in text or "mode: token" in text
    assert authenticated
