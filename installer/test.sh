#!/usr/bin/env bash
# Sets up what is missing and runs every check and test: form, types, imports, the tests without a display,
# and the tests of the real window on a virtual one. Ends with status 0 only when all of them pass.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

set_up dev
has_part qt || give_up "The tests need Qt's libraries." "The command that installs them is above."

WINDOW_TOOLS=(xvfb-run:xvfb xauth:xauth openbox:openbox xdotool:xdotool import:imagemagick)

missing_window_tools() {
  local tool
  for tool in "${WINDOW_TOOLS[@]}"; do
    command -v "${tool%%:*}" >/dev/null || echo "${tool##*:}"
  done
}

# What failed, alone and one after the other: whether it fails by itself, or only beside others. The status stays.
once_more() {
  echo "== what failed, once more and alone; it counts as failed either way"
  if timeout 600 "$@" --last-failed --last-failed-no-failures none --maxfail 10 </dev/null; then
    echo "Alone these pass: they depend on time, on the load, or on what ran before them."
  fi
}

cd "$ROOT"
export NETLOOM_VENV=$VENV LC_ALL=C.UTF-8 PYTHONFAULTHANDLER=1
pytest=("$VENV/bin/python" -m pytest -q)
failed=()

bash installer/check.sh || failed+=("the checks of installer/check.sh")

echo "== tests without a display"
export QT_QPA_PLATFORM=offscreen
if ! "${pytest[@]}" -m "not window" -n auto --maxprocesses 4 --dist worksteal </dev/null; then
  failed+=("the tests without a display")
  once_more "${pytest[@]}" -m "not window"
fi

echo "== tests of the real window"
mapfile -t tools < <(missing_window_tools)
if [[ ${#tools[@]} -gt 0 ]] && ! apt_install "${tools[@]}"; then
  say "The tests of the real window are left out: they need $(apt_command "${tools[@]}")"
else
  # shellcheck disable=SC2016  # the inner shell expands these
  on_a_screen=(env QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1600x1000x24" bash -c '
    openbox & manager=$!
    for _ in {1..600}; do  # until openbox manages the desktop, a minute at most
      xdotool get_desktop >/dev/null 2>&1 && break
      sleep 0.1
    done
    "$@"; status=$?
    kill "$manager"
    exit "$status"' window-tests)
  if ! "${on_a_screen[@]}" "${pytest[@]}" -m window </dev/null; then
    failed+=("the tests of the real window")
    once_more "${on_a_screen[@]}" "${pytest[@]}" -m window
  fi
fi

if [[ ${#failed[@]} -gt 0 ]]; then
  printf 'Failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo "Everything passed."
