"""Java as a reader, release by release."""
