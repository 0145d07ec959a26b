"""Benchmarks of the throughput of each part and of the whole, as ratios to the bare emulator."""
