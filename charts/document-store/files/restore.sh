#!/bin/sh
# Brings a dump back, fetched from the remote where the volume doesn't have it.
. /etc/mongodb/conf/lib.sh

cd /dumps
if [ ! -f "$RESTORE_ARCHIVE" ]; then
  say "fetch $RESTORE_ARCHIVE"
  rclone --config /etc/secrets/rclone/rclone.conf copy --include "$RESTORE_ARCHIVE*" "$BACKUP_REMOTE" .
fi
sha256sum -c "$RESTORE_ARCHIVE.sha256"

set -- --gzip --archive="$RESTORE_ARCHIVE" --nsInclude="$RESTORE_INCLUDE" --stopOnError
[ "$RESTORE_DROP" = true ] && set -- "$@" --drop
# The oplog belongs to the whole: it is played back only if everything is brought back.
[ "$RESTORE_INCLUDE" = '*' ] && set -- "$@" --oplogReplay
say "restore $RESTORE_ARCHIVE"
# shellcheck disable=SC2046
mongorestore $(tool_config) "$@"
say restored
