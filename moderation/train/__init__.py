"""Training: what turns labelled comments into a model folder."""
