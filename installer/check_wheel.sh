#!/usr/bin/env bash
# Builds the wheel and shows that it works alone: in an empty virtual environment, away from the clone, the
# doctor is content, the bundled digits train and export, and the window is painted. Takes some minutes and
# 6 GB of disk for a while. Needs the developers' packages: bash installer/test.sh installs them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/netloom-wheel.XXXXXX")
window=""
tidy() {
  [[ -z $window ]] || kill "$window" 2>/dev/null || true
  rm -rf "$work"
}
trap tidy EXIT

step() { echo "== $*"; }

step "build"
"$VENV/bin/python" -m build --wheel --no-isolation --outdir "$work/dist" "$ROOT" >/dev/null
step "install into an empty virtual environment"
"$VENV/bin/python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "$work"/dist/netloom-*.whl
export NETLOOM_HOME=$work/home QT_QPA_PLATFORM=offscreen
cd "$work"
netloom=$work/venv/bin/netloom

step "doctor"
"$netloom" doctor
step "train and export the bundled digits"
"$netloom" new digits digits.json
"$netloom" train digits.json --set training.epochs=3 --json | tail -n 1
"$netloom" export digits.json --run last --format onnx --out digits.onnx
step "the window"
NETLOOM_STARTUP_REPORT=$work/startup "$netloom" digits.json &
window=$!
for _ in $(seq 900); do
  ! grep -qs engine "$work/startup" || break
  kill -0 "$window" 2>/dev/null || give_up "The window ended by itself." "Its words are above."
  sleep 0.2
done
if ! grep -qs painted "$work/startup" || ! grep -qs engine "$work/startup"; then
  give_up "The window was not painted, or PyTorch did not load behind it, within three minutes." "See above."
fi
cat "$work/startup"
echo "The wheel works."
