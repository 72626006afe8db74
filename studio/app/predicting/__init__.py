"""Trying the model: one sample of one's own, and what the trained network says of it."""
