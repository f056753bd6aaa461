# What the scripts share. MONGO_HOST is the replica set with its members, for mongosh and the tools.
set -eu

tls="--tls --tlsCAFile /etc/secrets/tls/ca.pem"
account() { cat "/etc/secrets/admin/$1"; }

# Whether the member of this Pod can be used: a primary or a secondary, or one that waits for the set to be started. That
# needs no account.
ready() {
  mongosh --quiet $tls --tlsAllowInvalidHostnames --host 127.0.0.1 \
    --eval 'const h = db.hello(); quit(h.isWritablePrimary || h.secondary || h.isreplicaset ? 0 : 1)'
}

say() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*"; }

# The tools read the password from a file, so that no command line has it.
tool_config() {
  umask 077
  printf 'password: %s\n' "$(account password)" > /tmp/tools.yaml
  printf '%s' "--config=/tmp/tools.yaml --host=$MONGO_HOST --username=$(account username) --authenticationDatabase=admin --ssl --sslCAFile=/etc/secrets/tls/ca.pem"
}
