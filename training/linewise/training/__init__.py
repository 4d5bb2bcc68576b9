"""From packages of real source code to a trained model: corpus, oracle, trainer, benchmark."""
