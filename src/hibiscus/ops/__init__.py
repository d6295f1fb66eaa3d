"""Operations on boxes and images that are usable on their own."""
