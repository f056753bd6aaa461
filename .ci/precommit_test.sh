#!/usr/bin/env bash
# Runs the hook with the real pre-commit on a scratch repository: only touched charts are checked.
# Usage: precommit_test.sh PLIMSOLL [PRE_COMMIT]; both are programs. pre-commit is `pip install pre-commit`.
set -euo pipefail
plimsoll=$(realpath "$1")
pre_commit=${2:-pre-commit}
hooks=$(realpath "$(dirname "$0")/../.pre-commit-hooks.yaml")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PRE_COMMIT_HOME=$scratch/home GIT_CONFIG_GLOBAL=$scratch/gitconfig
git config --global user.name test
git config --global user.email test@example.com
git config --global init.defaultBranch main

fail() { echo "precommit_test: $1"; cat "$scratch/log"; exit 1; }

mkdir "$scratch/bin" "$scratch/hook" "$scratch/repo"
cp "$plimsoll" "$scratch/bin/plimsoll"
export PATH=$scratch/bin:$PATH

# A repository that offers the hook as ours does.
cd "$scratch/hook"
git init -q
cp "$hooks" .
git add .
git commit -qm hooks

cd "$scratch/repo"
git init -q
cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: $scratch/hook
    rev: $(git -C "$scratch/hook" rev-parse HEAD)
    hooks:
      - id: plimsoll-lint-system
        args: [--only, schema]
YAML
chart() { # NAME PORT
  mkdir -p "$1/templates"
  printf 'apiVersion: v2\nname: %s\nversion: 1.0.0\n' "$1" >"$1/Chart.yaml"
  printf 'port: %s\n' "$2" >"$1/values.yaml"
  cat >"$1/templates/service.yaml" <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: {{ .Chart.Name }}
spec:
  ports:
    - port: {{ .Values.port }}
YAML
}
chart good 80
chart bad '"not a port"'
git add .
git commit -qm 'before the hook'
"$pre_commit" install >"$scratch/log" 2>&1

echo hello >README.md
git add .
git commit -qm 'no chart' >"$scratch/log" 2>&1 || fail 'a commit without charts did not pass'

echo 'port: 81' >good/values.yaml
git add .
git commit -qm 'good' >"$scratch/log" 2>&1 || fail 'a clean chart did not pass beside a bad one that was not touched'

echo '# touched' >>bad/values.yaml
git add .
if git commit -qm 'bad' >"$scratch/log" 2>&1; then fail 'a bad chart passed'; fi
grep -q 'bad/templates/service.yaml' "$scratch/log" || fail 'the finding does not name the template'
if grep -q 'good/' "$scratch/log"; then fail 'a chart that was not touched was checked'; fi
echo "precommit_test: ok"
