"""Generative adversarial networks: a generator and a discriminator, or a critic, trained against each other."""
