"""Who plays: trained agents and simple ones."""
