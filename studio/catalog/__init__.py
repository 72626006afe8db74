"""What can be placed on the canvas: one entry a type, read off PyTorch's own signatures, plus our words."""
