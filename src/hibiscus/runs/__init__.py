"""What trains, and what a trained run can do."""
