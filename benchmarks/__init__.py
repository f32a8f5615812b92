"""Side by side with peers, in one run, as ratios: `python -m benchmarks` writes benchmarks/latest.json and the table in the docs."""
