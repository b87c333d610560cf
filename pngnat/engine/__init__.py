"""What speaking needs of a voice, in NumPy arrays alone, whoever computes it: PyTorch or ONNX Runtime."""
