"""A voice's networks as ONNX graphs, written from its configs and pointing into its safetensors files for their
weights."""
