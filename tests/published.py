"""Weights published and stored as their maker does it: with their digest."""

from typing import Any

from world_model.published.weights import Weights, digest_of


def publish(server: Any, weights: Weights, updates: int) -> int:
    """Publishes to a `ParameterServer`; the version."""
    version: int = server.publish(weights, updates, digest_of(weights))
    return version


def save(store: Any, version: int, weights: Weights, updates: int) -> None:
    """Saves in a `WeightsStore`."""
    store.save(version, weights, updates, digest_of(weights))
