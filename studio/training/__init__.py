"""Module, data and settings to a run: loop, objectives, optimisers, metrics, checkpoints."""
