#!/usr/bin/env bash
# Sets up what is missing, then starts Netloom. What follows goes to `netloom`:
#
#   bash installer/run.sh                              the window
#   bash installer/run.sh train projects/digits.json   any of netloom's commands
#   bash installer/run.sh --setup                      the set-up alone
#
# Without a display and without arguments it trains the bundled digits and exports them instead, into
# ./exports or the folder that NETLOOM_OUT names. The set-up's own settings are at the head of setup.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

set_up

a_window_can_open() {
  "$VENV/bin/python" -c 'import sys; from studio.cli.display import why_no_window; sys.exit(why_no_window() is not None)'
}

job_without_display() {
  local out=${NETLOOM_OUT:-$PWD/exports}
  say "There is no display here, so no window can open. Doing the same job without one:"
  say "training the bundled digits and exporting the network to $out"
  mkdir -p "$out" || give_up "$out cannot be written." "Set NETLOOM_OUT to another folder."
  [[ -e $out/digits.json ]] || "$VENV/bin/netloom" new digits "$out/digits.json"
  "$VENV/bin/netloom" train "$out/digits.json"
  "$VENV/bin/netloom" export "$out/digits.json" --run last --format onnx --out "$out/digits.onnx"
  "$VENV/bin/netloom" export "$out/digits.json" --run last --format folder --out "$out/digits"
  printf '%s\n' "" "The files are in $out:" \
    "  digits.json   the project; bash installer/run.sh opens it where there is a display" \
    "  digits.runs/  what the training wrote: metrics and weights" \
    "  digits.onnx   the trained network, for any ONNX runtime" \
    "  digits/       the same as Python: model.py, its weights, predict.py, README.md"
}

if [[ ${1:-} == --setup ]]; then
  has_part qt || exit 3
elif [[ $# -eq 0 && -n ${DISPLAY:-}${WAYLAND_DISPLAY:-} ]] && ! has_part qt; then
  exit 3
elif [[ $# -eq 0 ]] && ! a_window_can_open; then
  job_without_display
else
  exec "$VENV/bin/netloom" "$@"
fi
