"""Scores of agents: evaluations, probes, contests, and studies of many runs with confidence intervals."""
