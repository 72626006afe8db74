"""The curves of training: a faithful envelope of every step, smoothed lines, validation points, export."""
