"""The network as a document: nodes, wires, literals and edits. Knows neither torch nor Qt."""
