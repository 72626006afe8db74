"""Run to files that work without us, each proven against the module it came from."""
