"""What the promises about safe files and hostile input are worth, with figures: ``python -m tests.torture``."""
