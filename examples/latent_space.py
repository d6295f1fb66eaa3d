"""Learn a latent space with a VAE: python examples/latent_space.py faces/ [epochs]."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "digits", epochs: str = "30") -> None:
    """Trains a VAE with two latent dimensions, embeds images, samples, and interpolates between samples."""
    data = hb.open(path)
    run = hb.train("vae", data, epochs=int(epochs), latent_dim=2)
    result = run.evaluation()
    print(f"negative ELBO {result['metrics']['test/neg_elbo']:.2f} nats")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/neg_elbo']:.2f}")

    embedded = run.embed(data.fields["image"][:100])
    print("fields of the embeddings:", sorted(embedded))
    print(
        "samples",
        run.sample(8)["image"].shape,
        "interpolations",
        run.sample(40, interpolate=10)["image"].shape,
    )
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
