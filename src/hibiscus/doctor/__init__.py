"""Rules that analyze a run and give advice."""
