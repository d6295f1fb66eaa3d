"""`python -m hibiscus` is the command `hibiscus`; torchrun starts it this way."""

from hibiscus.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
