"""The canvas: cards, wires and the gestures on them. It shows the session's document and owns none of it."""
