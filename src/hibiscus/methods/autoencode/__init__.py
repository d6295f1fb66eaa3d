"""Image-to-image models: autoencoders, denoising and colorization."""
