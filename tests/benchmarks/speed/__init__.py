"""The sides of `tests.benchmarks.training_speed`: each trains the same rows in a process of its own."""
