"""What starts and watches a run: command line, configuration, trainer, checkpoints, metrics."""
