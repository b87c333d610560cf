"""The networks of a voice as ONNX graphs, written from its configs; their weights stay in its safetensors files."""
