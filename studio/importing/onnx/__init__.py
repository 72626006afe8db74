"""ONNX files as networks: each operator becomes a node of the catalogue. Nothing in a file is run."""
