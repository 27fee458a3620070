"""Walking places: what lies in file systems, archives and images, and who reads it. Nothing is unpacked to disk."""
