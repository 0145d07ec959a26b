"""Metrics of a run: counters, rates, logs, Prometheus and the live view."""
