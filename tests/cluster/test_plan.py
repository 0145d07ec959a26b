from hypothesis import given
from hypothesis import strategies as st

from cluster.config.config import ActorResources, LearnerResources, ResourcesConfig, TrainConfig
from cluster.host.plan import Need, make_plan, place, room, table
from cluster.host.ray_requests import ray_options


def _config(actors: int = 2, **resources: ActorResources | LearnerResources) -> TrainConfig:
    return TrainConfig(actors=actors, resources=ResourcesConfig(**resources))


def test_the_learners_share_one_gpu_have_two_and_do_without() -> None:
    for gpus, each in ((0, None), (1, 0.5), (2, 1.0), (8, 1.0)):
        plan = make_plan(_config(), gpus)
        assert plan.world_model_learner.resources.get("GPU") == each
        assert plan.ppo_learner.resources.get("GPU") == each
        assert "GPU" not in plan.rollout_actors.resources
    of_one = make_plan(_config(ppo_learner=LearnerResources(gpus=0)), 2)
    assert (of_one.world_model_learner.resources["GPU"], of_one.ppo_learner.resources.get("GPU")) == (1.0, None)


def test_all_that_is_configured_is_asked_of_ray() -> None:
    config = _config(
        actors=3,
        rollout_actor=ActorResources(cpus=2, custom={"rollouts": 1}),
        world_model_learner=LearnerResources(cpus=0, gpus=1, memory_gib=2, custom={"big": 0.5}),
    )
    plan = make_plan(config, 4)
    options = {"num_cpus": 0, "num_gpus": 1, "memory": 2 << 30, "resources": {"big": 0.5}}
    assert ray_options(plan.world_model_learner) == options
    assert plan.total() == {"GPU": 2, "CPU": 7, "rollouts": 3, "big": 0.5, "memory": 2 << 30}


def test_actors_go_to_the_nodes_without_gpus_first() -> None:
    nodes = [{"CPU": 4.0, "GPU": 2.0}, {"CPU": 4.0}]
    assert place(Need("rollout actor", 5, {"CPU": 1}), nodes) == 5
    assert nodes == [{"CPU": 3.0, "GPU": 2.0}, {"CPU": 0.0}]


def test_an_actor_is_not_spread_over_two_nodes() -> None:
    assert place(Need("rollout actor", 1, {"CPU": 3}), [{"CPU": 2.0}, {"CPU": 2.0}]) == 0


@given(
    st.lists(st.fixed_dictionaries({"CPU": st.integers(0, 8), "GPU": st.integers(0, 2)}), max_size=5),
    st.integers(1, 40),
)
def test_what_fits_is_really_there(nodes: list[dict[str, float]], actors: int) -> None:
    plan = make_plan(_config(actors), sum(node["GPU"] for node in nodes))
    fits = room(plan, nodes)
    assert all(0 <= fit <= need.count for fit, need in zip(fits, plan.needs, strict=True))
    assert sum(fits) <= sum(node["CPU"] for node in nodes)
    if sum(fits) < sum(need.count for need in plan.needs):
        lacking = [need for fit, need in zip(fits, plan.needs, strict=True) if fit < need.count]
        # Without the learners' GPUs there may be CPUs left; without actors there are none.
        assert all(need.resources.get("GPU") for need in lacking) or sum(fits) == sum(node["CPU"] for node in nodes)


def test_the_table_says_what_is_asked_and_what_there_is() -> None:
    plan = make_plan(_config(6, world_model_learner=LearnerResources(gpus=1, memory_gib=8)), 0)
    nodes: list[dict[str, float]] = [{"CPU": 4.0, "memory": 2**34, "node:10.0.0.1": 1.0, "object_store_memory": 9.0}]
    assert table(plan, room(plan, nodes), nodes).splitlines() == [
        "  part                 count  fit  each needs",
        "  world-model learner      1    0  1 CPU, 1 GPU, 8.0 GiB",
        "  PPO learner              1    1  1 CPU",
        "  rollout actor            6    3  1 CPU",
        "  free on node 1: 4 CPU, 16.0 GiB",
    ]
