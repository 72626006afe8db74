"""What others made, read into a document: modules in memory, ONNX files, weights."""
