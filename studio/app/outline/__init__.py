"""The networks, blocks and nodes of the project as a tree: the keyboard's and the screen reader's canvas."""
