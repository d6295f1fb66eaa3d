"""Generative adversarial networks: a generator and a discriminator or critic, trained against each other."""
