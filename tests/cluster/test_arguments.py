from pathlib import Path

import pytest
import yaml

from cluster.config.arguments import Resume, parse_train
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.folder import RunFolder


def _yaml(tmp_path: Path, content: object) -> Path:
    file = tmp_path / "c.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return file


def test_nothing_given_is_the_defaults() -> None:
    assert parse_train([]) == (TrainConfig(), None)


def test_flags_win_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    file = _yaml(tmp_path, {"steps": 7, "actors": 3, "policy": {"clip": 0.3, "hidden": [8, 9]}})
    config, resume = parse_train(["--config", str(file), "--steps", "9", "--world-model.lag", "2"])
    assert resume is None
    assert (config.steps, config.actors, config.policy.clip, config.policy.hidden) == (9, 3, 0.3, (8, 9))
    assert config.world_model.lag == 2
    assert config.seed == TrainConfig().seed


def test_a_resumed_run_has_its_own_configuration(tmp_path: Path) -> None:
    written = TrainConfig(steps=5, seed=3, name="a")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(written.model_dump(mode="json")))
    config, resume = parse_train(["--resume", str(tmp_path), "--steps", "8"])
    assert resume == Resume(tmp_path)
    assert config == written.model_copy(update={"steps": 8})


def test_a_run_that_is_older_than_a_setting_goes_on_as_it_began(tmp_path: Path) -> None:
    content = TrainConfig(name="a").model_dump(mode="json")
    for name in ("decay_to", "overlap", "sees_change"):
        del content["policy"][name]
    del content["world_model"]["gaze"]
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(content))
    config, _ = parse_train(["--resume", str(tmp_path)])
    assert (config.policy.decay_to, config.policy.overlap, config.policy.sees_change) == (1.0, True, False)
    assert config.world_model.gaze is False
    # What it does name, and flags, win.
    config, _ = parse_train(["--resume", str(tmp_path), "--policy.no-overlap"])
    assert not config.policy.overlap
    # A new run by the same file has today's defaults.
    config, _ = parse_train(["--config", str(file)])
    assert config.policy.decay_to < 1


def test_of_settings_that_are_gone_a_run_may_have_those_that_were_not_set(tmp_path: Path) -> None:
    content = TrainConfig(name="a").model_dump(mode="json")
    file = tmp_path / "config.yaml"
    for value in (None, False):
        content["policy"]["sees_grid"] = value
        file.write_text(yaml.safe_dump(content))
        assert parse_train(["--resume", str(tmp_path)])[0] == TrainConfig(name="a")
    content["policy"]["sees_grid"] = True
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(UsageError, match=r"policy\.sees_grid"):
        parse_train(["--resume", str(tmp_path)])


def test_a_run_whose_section_holds_no_fields_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("policy: [1]")
    with pytest.raises(UsageError, match="policy"):
        parse_train(["--resume", str(tmp_path)])


def test_auto_resume_begins_a_run_and_goes_on_with_it(tmp_path: Path) -> None:
    words = ["--auto-resume", "--name", "a", "--runs-dir", str(tmp_path), "--steps", "8"]
    config, resume = parse_train(words)
    assert (config.steps, resume) == (8, None)
    RunFolder.create(config.model_copy(update={"seed": 3})).close()
    config, resume = parse_train(words)
    assert (config.steps, config.seed, resume) == (8, 3, Resume(tmp_path / "a", automatic=True))
    with pytest.raises(UsageError, match="--auto-resume needs --name"):
        parse_train(["--auto-resume"])


def test_every_field_can_be_given_as_a_flag(tmp_path: Path) -> None:
    words = "--emulator.exact --emulator.max-episode-seconds 3 --policy.hidden 4 5 --world-model.lambda-vae 2 --serial"
    config, _ = parse_train([*words.split(), "--emulator.observation-size", "128", "--redis-url", "redis://h:1"])
    assert config.emulator.exact
    assert config.emulator.max_episode_seconds == 3
    assert config.emulator.observation_size == 128
    assert config.policy.hidden == (4, 5)
    assert config.world_model.lambda_vae == 2
    assert config.serial
    assert config.redis_url == "redis://h:1"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("--steps 0", ["--steps 0", "greater than 0"]),
        ("--actors -1", ["--actors -1", "greater than 0"]),
        ("--emulators-per-actor 0", ["--emulators-per-actor 0", "greater than 0"]),
        ("--seed -1", ["--seed -1", "greater than or equal to 0"]),
        ("--steps many", ["--steps", "'many'"]),
        ("--preset huge", ["--preset", "'huge'", "small", "seed"]),
        ("--algorithm dqn", ["--algorithm", "'dqn'", "ppo", "appo"]),
        ("--curiosity yes", ["--curiosity", "'yes'", "learning_progress"]),
        ("--policy.clip 2", ["--policy.clip 2", "less than 1"]),
        ("--policy.hidden 8 0", ["--policy.hidden.1 0", "greater than 0"]),
        ("--emulator.observation-size 32", ["--emulator.observation-size", "32", "64", "128"]),
        ("--metrics-port 70000", ["--metrics-port 70000", "65535"]),
        ("--stepz 3", ["--stepz"]),
        ("--steps", ["--steps"]),
        ("extra", ["extra"]),
    ],
)
def test_a_wrong_flag_is_told_in_one_line_with_its_value_and_what_is_allowed(words: str, text: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_train(words.split())
    message = str(caught.value)
    assert "\n" not in message
    for part in text:
        assert part in message


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"stepz": 3}, ["stepz", "unknown field", "steps"]),
        ({"policy": {"clipp": 0.1}}, ["policy.clipp", "unknown field", "clip"]),
        ({"steps": "many"}, ["steps 'many'", "integer"]),
        ({"steps": 1.5}, ["steps 1.5", "integer"]),
        ({"steps": -3}, ["steps -3", "greater than 0"]),
        ({"policy": 3}, ["policy 3"]),
        ({"preset": "huge"}, ["preset 'huge'", "'small' or 'seed'"]),
        ([1, 2], ["list"]),
        ("a: [1", ["not YAML"]),
        ("a: 'x\n\tb", ["not YAML"]),
    ],
)
def test_a_wrong_file_is_told_in_one_line_with_its_name(tmp_path: Path, content: object, text: list[str]) -> None:
    file = _yaml(tmp_path, content)
    with pytest.raises(UsageError) as caught:
        parse_train(["--config", str(file)])
    message = str(caught.value)
    assert "\n" not in message
    assert str(file) in message
    for part in text:
        assert part in message


def test_a_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        parse_train(["--config", str(tmp_path / "none.yaml")])
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"b\.yaml"):
        parse_train(["--config", str(tmp_path / "b.yaml")])


def test_a_folder_that_is_no_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a run"):
        parse_train(["--resume", str(tmp_path)])


def test_config_and_resume_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        parse_train(["--resume", "a", "--config", "b"])


def test_help_names_every_flag_that_scripts_rely_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse_train(["--help"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    flags = (
        "steps name runs-dir levels actors emulators-per-actor preset curiosity algorithm seed config redis-url resume"
    )
    for flag in flags.split():
        assert f"--{flag}" in printed


def test_custom_resources_can_be_given_again_over_those_of_a_resumed_run(tmp_path: Path) -> None:
    flags = ["--resources.rollout-actor.custom", "rollouts", "1", "near", "0.5"]
    config, _ = parse_train(["--runs-dir", str(tmp_path), "--name", "a", *flags])
    assert config.resources.rollout_actor.custom == {"rollouts": 1.0, "near": 0.5}
    run = RunFolder.create(config)
    run.close()
    assert parse_train(["--resume", str(run.path)])[0].resources == config.resources
    assert parse_train(["--resume", str(run.path), *flags])[0].resources == config.resources
    other, _ = parse_train(["--resume", str(run.path), "--resources.rollout-actor.custom", "far", "2"])
    assert other.resources.rollout_actor.custom == {"far": 2.0}
    with pytest.raises(UsageError, match=r"--resources.rollout-actor.custom.far -1.0: "):
        parse_train(["--resources.rollout-actor.custom", "far", "-1"])


def test_the_watchdog_s_old_name_goes_on_to_work_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parse_train(["--watch.silence-seconds", "7"])[0].watchdog.silence_seconds == 7
    assert capsys.readouterr().err == "warning: --watch.* is called --watchdog.* now\n"
    file = tmp_path / "a.yaml"
    file.write_text("watch:\n  silence_seconds: 8\n")
    assert parse_train(["--config", str(file)])[0].watchdog.silence_seconds == 8
    assert capsys.readouterr().err == f"warning: {file}: watch is called watchdog now\n"
    # A run's own file needs no word.
    (tmp_path / "config.yaml").write_text(file.read_text())
    assert parse_train(["--resume", str(tmp_path)])[0].watchdog.silence_seconds == 8
    assert capsys.readouterr().err == ""
