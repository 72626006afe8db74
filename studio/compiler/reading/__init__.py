"""Written Python back into the document: read by its syntax tree, never run."""
