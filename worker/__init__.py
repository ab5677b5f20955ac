"""Delivers submissions to HighLevel, on time."""
