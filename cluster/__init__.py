"""The driver's side of a run: command line, configuration, trainer, checkpoints, metrics, reports."""
