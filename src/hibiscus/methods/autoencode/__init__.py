"""Autoencoders: networks that give back the picture that they were given, or a better one."""
