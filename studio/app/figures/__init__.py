"""The network as a figure: chosen, looked at, saved; also marked with what changed since another version."""
