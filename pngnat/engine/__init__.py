"""Engines, which compute a voice's networks with PyTorch or ONNX Runtime, on NumPy arrays."""
