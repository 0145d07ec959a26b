"""Constants of the Retro Contest's rules (arXiv 1804.03720, section 3); rewards and ends are in scenario files."""

FRAME_SKIP = 4
"""Frames in a step."""
STICKY_PROBABILITY = 0.25
"""Probability that a step's first frame repeats the previous action."""
EPISODE_STEPS = 4500
"""Steps after which an episode is cut: 18,000 frames, five minutes."""
