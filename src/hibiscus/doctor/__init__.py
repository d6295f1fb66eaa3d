"""Rules that read a run and say what is wrong and what to do."""
