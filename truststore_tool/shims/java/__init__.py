"""How Java shows certificates, names, dates and algorithms, and how it reads certificate files."""
