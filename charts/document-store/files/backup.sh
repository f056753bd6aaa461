#!/bin/sh
# Dumps everything as of one moment (--oplog), reads the dump back, copies it away, and drops the oldest ones.
. /etc/mongodb/conf/lib.sh

stamp=$(date -u +%Y%m%dT%H%M%SZ)
file="$BACKUP_NAME-$stamp.archive.gz"
cd /dumps

say "dump $file"
# shellcheck disable=SC2046
mongodump $(tool_config) --readPreference=secondaryPreferred --oplog --gzip --archive="$file.part"
# A dump that cannot be read is none.
# shellcheck disable=SC2046
mongorestore $(tool_config) --gzip --archive="$file.part" --dryRun --quiet
sync "$file.part"
mv "$file.part" "$file"
sha256sum "$file" > "$file.sha256"

if [ -n "$BACKUP_REMOTE" ]; then
  rclone --config /etc/secrets/rclone/rclone.conf copy --immutable --include "$file*" . "$BACKUP_REMOTE"
  say "copied to $BACKUP_REMOTE"
fi

# Names sort by time.
ls "$BACKUP_NAME"-*.archive.gz | sort -r | tail -n "+$((BACKUP_KEEP + 1))" | while read -r old; do
  say "drop $old"
  rm -f "$old" "$old.sha256"
done
