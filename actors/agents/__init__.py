"""Agents that play episodes: trained ones, and simple ones for comparison."""
