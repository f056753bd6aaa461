#!/bin/sh
# Compares what Vault's agent wrote with what External Secrets synced. Says that they differ, never what they are.
set -eu

injected=/vault/secrets/value
synced=/etc/secrets/probe/value
for file in "$injected" "$synced"; do
  [ -s "$file" ] || { echo "missing or empty: $file" >&2; exit 1; }
done

# A sync may be on its way.
tries=0
until cmp -s "$injected" "$synced"; do
  tries=$((tries + 1))
  [ "$tries" -lt 20 ] || { echo "the agent and External Secrets disagree" >&2; exit 1; }
  sleep 10
done
echo "both ways agree"
