"""Figures of a model on labelled corpora, and the reports made from them."""
