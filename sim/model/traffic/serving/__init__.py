"""Servers that slow down under load and defend themselves, in parts: order, shedding, cache."""
