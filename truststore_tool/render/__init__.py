"""A report to text or JSON. No decisions: what is shown is what the report says."""
