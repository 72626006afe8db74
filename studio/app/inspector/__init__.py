"""The inspector: what is selected, every one of its arguments as a fitting editor, shapes, cost, problems."""

from studio.app.inspector.panel import InspectorPanel as InspectorPanel
