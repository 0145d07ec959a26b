"""What of the pages is made from the code is what the code says now; `make docs-generated` makes it anew."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cluster.config.config import TrainConfig
from docs.tools import packages
from docs.tools.references import BEGIN, CONFIGURATION, END, METRICS, configuration, metrics


@pytest.mark.parametrize(("document", "render"), [(CONFIGURATION, configuration), (METRICS, metrics)])
def test_references_are_those_of_the_code(document: Path, render: Callable[[], str]) -> None:
    shown = document.read_text().partition(BEGIN)[2].partition(END)[0]
    assert shown.strip() == render().strip(), "run `python -m docs.tools.references`"


def test_the_reference_has_fields_of_all_depths() -> None:
    lines = configuration().splitlines()
    assert any(line.startswith("| `--steps` | `200000` | whole number > 0 |") for line in lines)
    assert any(line.startswith("| `--resources.ppo-learner.memory-gib` | `0.0` | number ≥ 0 |") for line in lines)
    assert any("`--curiosity`" in line for line in lines)
    # One line each, none twice.
    flags = [line.split("`")[1] for line in lines if line.startswith("| `--")]
    assert len(flags) == len(set(flags)) == _fields(TrainConfig.model_json_schema())


def _fields(schema: dict, node: dict | None = None) -> int:  # type: ignore[type-arg]
    """Fields of the schema that are no sections."""
    total = 0
    for field in (node or schema)["properties"].values():
        name = field.get("$ref", "").rpartition("/")[2]
        total += _fields(schema, schema["$defs"][name]) if name else 1
    return total


def test_the_picture_of_packages_is_that_of_the_imports() -> None:
    drawn = packages.draw(packages.read_imports())
    assert packages.PICTURE.read_text() == drawn, "run `python -m docs.tools.packages`"


def test_rooms_stand_above_what_they_import_and_cycles_go_up_where_fewer_imports_do() -> None:
    imports = frozenset(
        {
            ("cluster.run", "cluster.host"),
            ("cluster.host", "cluster.config"),
            ("cluster.run", "cluster.config"),
            ("cluster.config", "cluster.host"),
        }
    )
    order = packages.ordered({"cluster.config", "cluster.host", "cluster.run"}, imports)
    assert order[0] == "cluster.run"
    down = '<path class="down" marker-end="url(#tip)"'
    panel = "\n".join(packages._panel(order, imports, 0, 0, 50))
    assert panel.count(down) == 3
    assert panel.count('<path class="up"') == 1
