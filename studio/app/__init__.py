"""The window: shows everything and owns nothing."""
