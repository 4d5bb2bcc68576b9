"""From labelled files to a model folder: sampling, the four stages, evaluation, thresholds, the model card."""
