"""The trained networks: the saved-model format, the forward pass, and the classifier that people import."""
