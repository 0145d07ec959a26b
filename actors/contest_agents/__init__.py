"""Agents of the Retro Contest's kind: they reach an environment through gym-remote only, and play until it ends.

Each is a function of a `RemoteEnv` that never returns: the GymRemoteError by which the server ends is raised from it.
"""
