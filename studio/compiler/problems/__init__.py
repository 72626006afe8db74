"""What is wrong in plain words, and which edits may cure it. One file a family of problems."""
