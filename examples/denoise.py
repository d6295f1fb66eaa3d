"""Remove noise from images with a denoising U-Net: python examples/denoise.py scans/ [epochs]."""

from __future__ import annotations

import sys

import hibiscus as hb


def main(path: str = "digits", epochs: str = "10") -> None:
    """Trains on clean images with artificial noise, prints the PSNR beside the baselines, and denoises three
    images.
    """
    data = hb.open(path)
    run = hb.train("denoiser", data, epochs=int(epochs), noise="salt-and-pepper", width=16)
    result = run.evaluation()
    print(f"PSNR {result['metrics']['test/psnr']:.2f} dB")
    for baseline, metrics in result["baselines"].items():
        print(f"  {baseline} {metrics['test/psnr']:.2f}")

    denoised = run.predict(data.fields["image"][:3])["image"]
    print("denoised", denoised.shape, denoised.dtype)
    print(run.report())


if __name__ == "__main__":
    main(*sys.argv[1:])
