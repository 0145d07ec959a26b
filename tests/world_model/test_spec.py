import pytest

from world_model.spec import WorldModelSpec, preset_spec


def test_seed_is_as_large_as_the_2018_entry() -> None:
    spec = preset_spec("seed", 10)
    assert (spec.observation_size, spec.latent, spec.hidden, spec.inverse_hidden) == (128, 512, 1024, 64)


def test_small_is_as_large_as_world_models() -> None:
    spec = preset_spec("small", 10)
    assert (spec.observation_size, spec.latent, spec.hidden, spec.mixtures) == (64, 32, 256, 5)
    assert spec.features == 32 + 256


def test_observation_size_replaces_the_presets() -> None:
    assert preset_spec("small", 3, 128).observation_size == 128


def test_a_policy_may_see_the_change_of_z() -> None:
    assert preset_spec("small", 3).observation == preset_spec("small", 3).features
    assert preset_spec("small", 3, sees_change=True).observation == 32 + 256 + 32
    assert preset_spec("light", 3, sees_change=False).observation == preset_spec("light", 3).features


def test_unknown_preset_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="huge"):
        preset_spec("huge", 3)


def test_as_dict_makes_the_same_spec_again() -> None:
    spec = preset_spec("seed", 7)
    assert WorldModelSpec(**spec.as_dict()) == spec
