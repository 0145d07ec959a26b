"""Makes a checked configuration from defaults, a YAML file and flags, in that order."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, create_model

from actors.emulation.settings import EmulatorKind
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError, as_text
from cluster.config.former_runs import as_begun
from cluster.config.json_file import printable
from cluster.config.one_line import parse
from cluster.config.yaml_file import read_yaml
from world_model.section import Section

CONFIG_FILE = "config.yaml"
"""Name of the file in a run's folder that holds its configuration."""

_OLD, _NEW = "watch", "watchdog"
"""Former and present name of a section: the former one was that of an unrelated command."""
_DESCRIPTION = "Trains a curious agent. Flags win over --config, which wins over the defaults."


@dataclass(frozen=True)
class Resume:
    """A run to resume.

    Attributes:
        path: the run's folder.
        automatic: whether --auto-resume found it; otherwise --resume names it.
    """

    path: Path
    automatic: bool = False

    def __str__(self) -> str:
        """The flags that name the run."""
        return f"--auto-resume --name {self.path.name}" if self.automatic else f"--resume {self.path}"


def parse_train(arguments: Sequence[str]) -> tuple[TrainConfig, Resume | None]:
    """Returns the configuration, and the run to resume, if any, whose own configuration is then the YAML file.

    Raises:
        UsageError: a flag, the file, a field or a value is wrong.
        SystemExit: after --help.
    """
    arguments = _renamed(arguments)
    given = _parse(arguments, _Arguments())
    if given.resume and given.config:
        raise UsageError("--config and --resume exclude each other: a resumed run has its own config.yaml")
    resume = Resume(given.resume) if given.resume else _begun(given) if given.auto_resume else None
    file = config_file_of(resume.path) if resume else given.config
    if file is None:
        return _validated(given, "--"), resume
    if not resume and isinstance(content := read_yaml(file), dict) and _OLD in content:
        print(f"warning: {file}: {_OLD} is called {_NEW} now", file=sys.stderr)
    config = read_config(file, of_a_run=resume is not None)
    return _validated(_parse(arguments, _defaults(config)), "--"), resume


def read_config(file: Path, of_a_run: bool = False) -> TrainConfig:
    """Reads a configuration.

    Args:
        of_a_run: the file is a run's config.yaml, which may be older than some settings.

    Raises:
        UsageError: the file cannot be read, or a field is unknown or mistyped.
    """
    content = read_yaml(file)
    if not isinstance(content or {}, dict):
        raise UsageError(f"{file} holds a {type(content).__name__}; it must hold fields and their values")
    content = content or {}
    return check_config(as_begun(content) if of_a_run else content, f"{file}: ")


def config_file_of(path: Path) -> Path:
    """Returns the configuration file of the run in a folder.

    Raises:
        UsageError: the folder holds no run.
    """
    file = path / CONFIG_FILE
    if not file.is_file():
        raise UsageError(f"--resume {path} is not the folder of a run: it has no {CONFIG_FILE}")
    return file


def _renamed(arguments: Sequence[str]) -> list[str]:
    """Returns the flags, with present names for former ones."""
    old, new = f"--{_OLD}.", f"--{_NEW}."
    for word in arguments:
        if word.startswith(old):
            print(f"warning: {old}* is called {new}* now", file=sys.stderr)
            break
    return [new + word.removeprefix(old) if word.startswith(old) else word for word in arguments]


def _begun(given: Any) -> Resume | None:
    """Returns the run that --auto-resume goes on with; None if there is no such run yet."""
    if given.name is None:
        raise UsageError("--auto-resume needs --name: by its name a run is found again")
    folder = given.runs_dir / given.name
    # Without a configuration nothing has begun: its start may have failed, as on a disk that was full.
    return Resume(folder, automatic=True) if (folder / CONFIG_FILE).exists() else None


# For a dictionary that is not empty, tyro would make a flag for each key, and accept no other keys.
_Pairs = Annotated[
    tuple[tuple[str, float], ...],
    BeforeValidator(lambda given: tuple(given.items()) if isinstance(given, dict) else given),
]

# `--emulator gym-remote`, as people say it.
_Kind = Annotated[EmulatorKind, tyro.conf.arg(aliases=["--emulator"])]

# By the field's name, what of its type has bounds within.
_PLAIN: dict[str, Any] = {"hidden": tuple[int, ...], "custom": _Pairs, "kind": _Kind, "network": str | None}


def _unbounded(model: type[BaseModel]) -> type[BaseModel]:
    """Returns a model without the bounds of its fields, which are checked later, with messages of our own."""
    fields: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            section = _unbounded(kind)
            fields[name] = (section, section())
        else:
            plain = _PLAIN.get(name, kind)
            default = () if name == "custom" else info.default
            fields[name] = (plain, Field(default, description=info.description))
    return create_model(model.__name__, **fields)


_Arguments: Any = create_model(
    "TrainArguments",
    __base__=_unbounded(TrainConfig),
    config=(Path | None, Field(None, description="YAML file with fields of the configuration; flags win over it.")),
    resume=(Path | None, Field(None, description="Folder of the run to go on with, such as runs/NAME.")),
    auto_resume=(
        bool,
        Field(False, description="Go on with the run that --name names, if it was begun; else begin it."),
    ),
)


def _defaults(config: TrainConfig) -> Any:
    return _Arguments.model_validate(config.model_dump())


def _parse(arguments: Sequence[str], default: Any) -> Any:
    return parse(_Arguments, arguments, "sonic-worlds train", description=_DESCRIPTION, default=default)


def _validated(given: Any, prefix: str) -> TrainConfig:
    content = given.model_dump(exclude={"config", "resume", "auto_resume"})
    for resources in content["resources"].values():
        resources["custom"] = dict(resources["custom"])
    return check_config(content, prefix)


def check_config(content: dict[Any, Any], prefix: str) -> TrainConfig:
    """Makes a configuration of fields and values.

    Args:
        content: values by field, nested.
        prefix: beginning of the error message.

    Raises:
        UsageError: a field is unknown or mistyped.
    """
    if _OLD in content and _NEW not in content:
        content = {_NEW if key == _OLD else key: value for key, value in content.items()}
    try:
        return TrainConfig.model_validate(content)
    except ValidationError as error:
        raise UsageError("; ".join(_worded(problem, prefix) for problem in error.errors())) from None


def _worded(problem: Any, prefix: str) -> str:
    names = [str(part) for part in problem["loc"]]
    field = printable(".".join(names))
    if prefix == "--":
        field = field.replace("_", "-")
    if problem["type"] == "extra_forbidden":
        known: Any = TrainConfig
        for name in names[:-1]:
            known = known.model_fields[name].annotation
        return f"{prefix}{field}: unknown field; known are {', '.join(known.model_fields)}"
    return f"{prefix}{field} {as_text(problem['input'])}: {problem['msg'][0].lower()}{problem['msg'][1:]}"
