"""Weights as references of Ray. The parameter server imports this file, and needs neither torch nor RLlib."""

import ray

from world_model.published.weights import Weights


def put(weights: Weights) -> list[ray.ObjectRef]:
    """A reference in a list, so that Ray hands on the reference instead of the arrays."""
    return [ray.put(weights)]
