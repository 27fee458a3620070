"""Java as a reader, release by release.

Its classes read a certificate's fields and extensions and print them in one: so the text of an extension is made here,
beside what refuses it.
"""
