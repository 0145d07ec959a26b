"""OpenAI's gym-remote protocol, both sides of it: how the Retro Contest's agents and environments met.

A directory holds a Unix socket `sock` and a file for each array. Needs the standard library and numpy only, and runs on
Python 3.8 too, which is the last that gym-retro installs on. Nothing that comes over the wire is ever evaluated.
"""
