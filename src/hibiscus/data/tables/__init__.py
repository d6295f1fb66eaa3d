"""Tables: reading, column roles, preparation."""
