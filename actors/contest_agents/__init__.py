"""Agents of the Retro Contest's kind: they know an environment by gym-remote alone, and play it until it ends.

Each is a function of a `RemoteEnv` that does not return: the server's end, a GymRemoteError, goes through it.
"""
