"""The Retro Contest's rules for an agent; the rest of them are its scenario's (arXiv 1804.03720, section 3)."""

FRAME_SKIP = 4
"""Frames in a step."""
STICKY_PROBABILITY = 0.25
"""Probability that a step's first frame repeats the previous action."""
EPISODE_STEPS = 4500
"""After which an episode is cut: 18,000 frames, five minutes."""
