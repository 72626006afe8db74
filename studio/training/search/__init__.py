"""Searching for settings: what is searched, how it is tried, what came of it."""
