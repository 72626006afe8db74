"""What data holds, before anything learns from it: columns, classes, samples, and what is odd about them."""
