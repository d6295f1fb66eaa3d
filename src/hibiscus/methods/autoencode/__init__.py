"""Autoencoders: networks that give back the image that they were given, or a better one."""
