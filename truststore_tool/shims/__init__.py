"""A second program in the same house: front ends that speak the command lines of keytool and openssl x509.

They enter formats, readers and stores by the doors of these packages; directly they use the model and what is below it,
files and errors.
"""
