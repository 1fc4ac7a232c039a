"""Training the encoder: a small transformer that is fine-tuned, quantised and measured here. Torch stays in this folder."""
