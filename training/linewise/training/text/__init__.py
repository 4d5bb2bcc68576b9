"""Labelled text that is no program: harvested from packages, generated, and mixed with labelled code."""
