"""Programs that the benchmarks start: baselines without Hearth, and light devices."""
