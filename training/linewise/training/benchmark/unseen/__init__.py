"""Languages that no training data holds: how far does what the model knows of others carry over?"""
