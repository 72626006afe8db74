"""The page that shows what the data holds: columns, classes, samples, and what is odd about them."""
