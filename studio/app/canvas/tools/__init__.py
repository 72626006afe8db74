"""The gestures of the canvas. One is active at a time, each can be cancelled with Escape."""
