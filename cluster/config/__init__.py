"""A run's configuration: settings, files and flags."""
