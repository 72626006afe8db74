"""The Data and Training panels: the project's settings as fields. Every edit is a step that can be undone."""
