#!/usr/bin/env bash
# The main job on Amazon's real certificates: two roots in one keystore, proved by their fingerprints, and a bundle for
# libpq. Each command is shown as it would be typed. What it makes is in demo-out/ and may be looked at afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf demo-out && mkdir demo-out && cd demo-out
cp ../sample_certs/amazon/rds-ca-2019-root.pem ../sample_certs/amazon/rds-ca-rsa2048-g1-us-east-1.pem .
export TRUSTSTORE_PASSWORD=changeit  # the commands read it from here: a password never stands on a command line

say() { printf '\n# %s\n' "$*"; }
run() { # run EXIT_CODE 'COMMAND': show the command, run it, and stop unless it exits as it should
  local code=0
  printf '$ %s\n' "$2"
  eval "$2" || code=$?
  [ "$code" -eq "$1" ] || { echo "demo: exit code $code where $1 is due" >&2; exit 1; }
  [ "$code" -eq 0 ] || echo "(exit code $code)"
}

# Fingerprints as Amazon's documentation and its users quote them; sample_certs/README.md lists them all.
OLD=D4:0D:DB:29:E3:75:0D:FF:A6:71:C3:14:0B:BF:5F:47:8D:1C:80:96
NEW=E4:CE:41:D0:69:F4:BD:CD:B7:14:25:90:58:96:1E:E4:2E:D1:8C:F2:BF:62:7A:3D:64:7A:FF:25:43:7D:4B:68

say "Step 1: the old root from PEM to DER"
run 0 "truststore-tool convert rds-ca-2019-root.pem -o rds-ca-2019-root.der --to der"

say "Step 2: import it, and only it, into a new keystore: the fingerprint is the condition"
run 0 "truststore-tool import clientkeystore rds-ca-2019-root.der --expect $OLD"

say "Step 3: list the keystore"
run 0 "truststore-tool list clientkeystore --sha1"

say "Step 4: compare the fingerprint of the file with that of the keystore"
run 0 "truststore-tool fingerprint rds-ca-2019-root.pem --algorithm sha1"
run 0 "truststore-tool verify clientkeystore --expect $OLD"

say "The rotation: the new root joins the old one; nothing that is there gets lost"
run 0 "truststore-tool import clientkeystore rds-ca-rsa2048-g1-us-east-1.pem --alias rds-root-g1 --expect $NEW"
run 0 "truststore-tool list clientkeystore"
run 0 "truststore-tool verify clientkeystore --expect $OLD --expect $NEW"

say "Once more: nothing to do, and no byte changes"
before=$(cksum < clientkeystore)
run 0 "truststore-tool import clientkeystore rds-ca-rsa2048-g1-us-east-1.pem --alias rds-root-g1 --expect $NEW"
[ "$before" = "$(cksum < clientkeystore)" ] || { echo "demo: the keystore changed" >&2; exit 1; }

say "A certificate that is not the expected one is refused, and nothing is written"
run 1 "truststore-tool import clientkeystore ../sample_certs/own/same-subject-root.pem --expect $NEW"

say "For libpq: one PEM bundle of all regions, without what has expired"
run 0 "truststore-tool bundle ../sample_certs/amazon/rds-global-bundle.pem rds-ca-2019-root.pem -o chain.pem --drop-expired | tail -n 1"
if command -v openssl >/dev/null; then
  run 0 "openssl verify -CAfile chain.pem rds-ca-rsa2048-g1-us-east-1.pem"
fi

if command -v keytool >/dev/null; then
  say "What Java's own keytool sees in the keystore"
  run 0 "keytool -list -keystore clientkeystore -storepass:env TRUSTSTORE_PASSWORD"
fi
say "Done: see demo-out/"
