"""Faults done by hand to a lab, recorded as journals in the simulator's format, and what they show."""
