#!/usr/bin/env bash
# The checks that read the code without running it: form, types, and which room may import which.
# Run by test.sh and by pre-commit. Needs the developers' packages: bash installer/test.sh installs them.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 3
bin=${NETLOOM_VENV:-$PWD/.venv}/bin

failed=0
sources="studio tests resources"
for check in "ruff format --check --quiet $sources" "ruff check --quiet $sources" "mypy" "lint-imports --no-cache"; do
  echo "== $check"
  # shellcheck disable=SC2086  # the words of the command are meant to be split
  "$bin"/$check || failed=1
done
exit "$failed"
