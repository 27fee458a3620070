"""Front ends that speak the real tools' command lines: keytool and openssl x509, without a JDK and without openssl."""
