"""The corpus: which packages it is made of, and the way from an archive to labelled lines."""
