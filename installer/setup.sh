# shellcheck shell=bash
# Sets up what Netloom needs: Python, a virtual environment, the packages, the libraries Qt needs.
# Sourced by run.sh, test.sh and check_wheel.sh, which say `set -euo pipefail` themselves.
#
#   NETLOOM_VENV         where the virtual environment lies (default: .venv in the clone)
#   NETLOOM_PYTHON       the Python to make it with (default: the first one of 3.11 or newer that is found)
#   NETLOOM_TORCH_INDEX  a package index to take PyTorch from, a CPU-only build say

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
VENV=${NETLOOM_VENV:-$ROOT/.venv}
[[ $VENV == /* ]] || VENV=$PWD/$VENV
STAMP=$VENV/netloom-setup
[[ -n ${HOME:-} ]] || HOME=$(unset HOME; echo ~)
export HOME PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }

# Ends with status 3: what failed, then the cure, one line each.
give_up() {
  say "netloom: $1"
  shift
  for line in "$@"; do say "  $line"; done
  exit 3
}

may_use_apt() {
  command -v apt-get >/dev/null || return 1
  [[ $(id -u) == 0 ]] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

apt_command() { echo "sudo apt-get install -y --no-install-recommends $*"; }

# Installs Debian packages. Returns non-zero where that is not possible.
apt_install() {
  may_use_apt || return 1
  local -a as_root=(env)
  [[ $(id -u) == 0 ]] || as_root=(sudo -n env)
  local -a apt=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  say "Installing with apt: $*"
  if [[ -z ${APT_IS_FRESH:-} ]]; then
    "${apt[@]}" update </dev/null >/dev/null || say "apt-get update failed; going on with the package lists that are there."
    APT_IS_FRESH=1
  fi
  local said
  said=$("${apt[@]}" install -y --no-install-recommends "$@" 2>&1 </dev/null) || {
    say "$said"
    return 1
  }
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Prints the first Python of 3.11 or newer. Plain python3 comes first: it is the one people keep up to date.
look_for_python() {
  local name
  for name in ${NETLOOM_PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
    if command -v "$name" >/dev/null && is_new_enough "$name"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

find_python() {
  PYTHON=$(look_for_python) && return
  [[ -z ${NETLOOM_PYTHON:-} ]] ||
    give_up "NETLOOM_PYTHON=$NETLOOM_PYTHON is no Python of 3.11 or newer." "Name another one, or unset it."
  local version
  for version in 3 3.13 3.12 3.11; do
    apt_install "python$version" "python$version-venv" || continue
    PYTHON=$(look_for_python) && return
  done
  give_up "Python 3.11 or newer is needed and was not found." \
    "Install it and start again:" "$(apt_command python3 python3-venv)"
}

# Debian ships Python without ensurepip, in a package of its own.
ensure_venv_module() {
  "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null && return
  local version
  version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  apt_install "python$version-venv" || apt_install python3-venv || true
  "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
    give_up "$PYTHON cannot make virtual environments: its venv package is missing." \
      "Install it and start again:" "$(apt_command "python$version-venv")"
}

make_venv() {
  if [[ -x $VENV/bin/python ]] && "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    is_new_enough "$VENV/bin/python" && return
  fi
  if [[ -d $VENV && ! -e $VENV/pyvenv.cfg && -n $(ls -A "$VENV") ]]; then
    give_up "$VENV exists and is not a virtual environment." "Set NETLOOM_VENV to another folder."
  fi
  find_python
  ensure_venv_module
  say "Making a virtual environment in $VENV with $("$PYTHON" -V 2>&1)"
  "$PYTHON" -m venv --clear "$VENV" >&2 ||
    give_up "The virtual environment in $VENV could not be made." \
      "Look whether the folder can be written and the disk has room, or set NETLOOM_VENV to another folder."
}

pip_install() {
  local -a quiet=()
  [[ -t 2 ]] || quiet=(--quiet --progress-bar off)
  "$VENV/bin/python" -m pip install "${quiet[@]}" "$@" </dev/null >&2
}

# $1: the extras, "dev" or nothing.
install_packages() {
  local free
  free=$(df -Pk "$VENV" | awk 'NR == 2 {print int($4 / 1048576)}')
  say "Installing the packages. PyTorch is large: the first time, count on some minutes and about 6 GB of disk ($free GB free)."
  local -a cure=("What pip said is above. Start again once it is mended: what is installed already stays."
    "No room on the disk: set NETLOOM_VENV to a folder on another one (and TMPDIR, which pip unpacks in)."
    "No way to the package index: set what pip needs for your network, PIP_INDEX_URL or HTTPS_PROXY.")
  if [[ -n ${NETLOOM_TORCH_INDEX:-} ]]; then
    local -a torch
    mapfile -t torch < <(cd "$ROOT" && "$VENV/bin/python" -c '
import re, tomllib
with open("pyproject.toml", "rb") as file:
    wanted = tomllib.load(file)["project"]["dependencies"]
print(*(line for line in wanted if re.match(r"torch(vision)?\b", line)), sep="\n")')
    pip_install --index-url "$NETLOOM_TORCH_INDEX" "${torch[@]}" ||
      give_up "PyTorch could not be installed from the index that NETLOOM_TORCH_INDEX names." \
        "Name another index, or unset it to take PyTorch from pip's ordinary one."
  fi
  pip_install --editable "$ROOT${1:+[$1]}" || give_up "The packages could not be installed." "${cure[@]}"
}

# Prints "library package" a line for what Qt asks for and does not find; "-" for a package not known.
missing_libraries() {
  "$VENV/bin/python" -c '
from studio.cli.libraries import missing
for library, package in missing().items():
    print(library, package or "-")'
}

# Returns non-zero, having named the cure, where libraries that Qt needs are missing and may not be installed.
ensure_qt_libraries() {
  local missing
  local -a packages
  missing=$(missing_libraries) || give_up "Looking for Qt's libraries failed; Python's words are above." \
    "Remove $VENV and start again."
  [[ -n $missing ]] || return 0
  mapfile -t packages < <(awk '$2 != "-" {print $2}' <<<"$missing" | sort -u)
  if [[ ${#packages[@]} -gt 0 ]] && apt_install "${packages[@]}"; then
    missing=$(missing_libraries)
  fi
  # Without its Wayland plugin Qt opens its window by X11.
  missing=$(grep -v -e '^libwayland' -e '^$' <<<"$missing") || return 0
  say "netloom: the window needs libraries that this system lacks:" "$(awk '{printf " %s", $1}' <<<"$missing")"
  [[ ${#packages[@]} -eq 0 ]] || say "  Install them and start again: $(apt_command "${packages[@]}")"
  return 1
}

has_chinese_font() {
  if command -v fc-list >/dev/null; then
    [[ -n $(fc-list :lang=zh family 2>/dev/null) ]]
  else
    # Read whole before it is searched: find fails where one of the folders is not there.
    local fonts
    fonts=$(find /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts" 2>/dev/null) || true
    grep -qiE 'cjk|wqy|sourcehan|droidsansfallback|uming|ukai|simsun|msyh' <<<"$fonts"
  fi
}

# Chinese texts need one font that has them; without it everything else works, so this never ends the set-up.
ensure_chinese_font() {
  [[ $(uname -s) == Linux ]] && ! has_chinese_font || return 0
  compgen -G "$ROOT/resources/fonts/*.[ot]tf" >/dev/null && return 0
  apt_install fonts-wqy-microhei ||
    say "No font here has Chinese characters. For the Chinese interface: $(apt_command fonts-wqy-microhei)"
}

# What the set-up depends on. A change of any of it makes the next start set up again.
fingerprint() {
  { cat "$ROOT/pyproject.toml"; "$VENV/bin/python" -V; echo "$ROOT|$VENV|${NETLOOM_TORCH_INDEX:-}"; } 2>&1 |
    sha256sum | cut -d ' ' -f 1
}

# The set-up is done when the stamp holds the fingerprint; `parts` are then the words after it:
# "dev" where the developers' packages are in, "qt" where Qt finds its libraries.
read_stamp() {
  local mark=""
  PARTS=""
  [[ -r $STAMP && -x $VENV/bin/python && -x $VENV/bin/netloom ]] && read -r mark PARTS <"$STAMP"
  [[ -n $mark && $mark == "$(fingerprint)" ]]
}

has_part() { [[ " $PARTS " == *" $1 "* ]]; }

# $1: the extras, "dev" or nothing. Quick when there is nothing to do; the stamp is written last, so a
# set-up that was cut short is taken up again by the next start.
set_up() {
  local extras=${1:-} lock
  if read_stamp && has_part qt && { [[ -z $extras ]] || has_part "$extras"; }; then return; fi
  mkdir -p "$(dirname "$VENV")" || give_up "$(dirname "$VENV") cannot be written." "Set NETLOOM_VENV to another folder."
  if command -v flock >/dev/null; then
    exec {lock}>"$VENV.lock" || give_up "$VENV.lock cannot be written." "Set NETLOOM_VENV to another folder."
    flock "$lock"
  fi
  if ! read_stamp || { [[ -n $extras ]] && ! has_part "$extras"; }; then
    has_part dev && extras=dev
    rm -f "$STAMP"
    make_venv
    install_packages "$extras"
    PARTS=$extras
  fi
  if ! has_part qt && ensure_qt_libraries; then PARTS+=" qt"; fi
  ensure_chinese_font
  echo "$(fingerprint) $PARTS" >"$STAMP.new"
  mv "$STAMP.new" "$STAMP"
  if [[ -n ${lock:-} ]]; then
    rm -f "$VENV.lock"
    exec {lock}>&-
  fi
  say "Netloom is set up in $VENV."
}
