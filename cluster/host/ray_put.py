"""Weights as references of Ray: a module without torch and RLlib, for the parameter server."""

import ray

from world_model.published.weights import Weights


def put(weights: Weights) -> list[ray.ObjectRef]:
    """Returns a reference in a list: Ray would replace a bare reference by the arrays."""
    return [ray.put(weights)]
