"""The simulated world: `network/`, `cluster/` and `traffic/`, the faults and repairs that act on them, one clock."""
