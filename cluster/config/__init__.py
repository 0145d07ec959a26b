"""What a run is told: settings, files and flags."""
