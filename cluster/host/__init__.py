"""Ray, and a run's requirements on machines."""
