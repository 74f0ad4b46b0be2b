#!/usr/bin/env bash
# Makes the key by which the members of the replica set know one another, if it is not there yet.
# Reads KEY_FOLDER, KEY_OWNER (the user that mongod runs as in its image).
set -euo pipefail

key=${KEY_FOLDER:-/key}/keyfile
if [ ! -s "$key" ]; then
    umask 077
    head --bytes=756 /dev/urandom | base64 --wrap=0 > "$key.new"
    mv "$key.new" "$key"
fi
# mongod refuses a key that others can read.
chmod 400 "$key"
chown "${KEY_OWNER:-mongodb:mongodb}" "$key"
