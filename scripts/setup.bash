# shellcheck shell=bash
# Set-up shared by ./worldvpn and ./test: `set_up` returns at once when nothing is missing.
# It is sourced with ROOT set to the repository's folder. All it says goes to stderr; what
# pip and apt say goes to .cache/setup.log.

VENV=$ROOT/.venv
CACHE=$ROOT/.cache
LOG=$CACHE/setup.log
STAMP=$VENV/.set-up
# A user's PATH on Debian has no sbin, where nft and ip live.
PATH=$PATH:/usr/sbin:/sbin

# What the product needs beside Python, one "Debian package:how to see that it is there" each.
NEEDS=(
  wireguard-go:wireguard-go
  wireguard-tools:wg
  nftables:nft
  libnftables1:libnftables.so.1
  iproute2:ip
  uidmap:newuidmap
  libseccomp2:libseccomp.so.2
)

# What the desktop app needs besides: what Qt's plugin for X11 is linked against, and a face.
# shellcheck disable=SC2034 # for those who source this
GUI_NEEDS=(
  libegl1:libEGL.so.1
  libgl1:libGL.so.1
  libdbus-1-3:libdbus-1.so.3
  libfontconfig1:libfontconfig.so.1
  libfreetype6:libfreetype.so.6
  libglib2.0-0:libglib-2.0.so.0
  libxkbcommon-x11-0:libxkbcommon-x11.so.0
  libxcb-cursor0:libxcb-cursor.so.0
  libxcb-icccm4:libxcb-icccm.so.4
  libxcb-image0:libxcb-image.so.0
  libxcb-keysyms1:libxcb-keysyms.so.1
  libxcb-randr0:libxcb-randr.so.0
  libxcb-render-util0:libxcb-render-util.so.0
  libxcb-shape0:libxcb-shape.so.0
  libxcb-xfixes0:libxcb-xfixes.so.0
  libxcb-xkb1:libxcb-xkb.so.1
  fonts-inter:/usr/share/fonts/*/inter/Inter-Regular.*
  fonts-jetbrains-mono:/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf
)

say() { printf 'worldvpn: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 69 # EX_UNAVAILABLE, sysexits(3)
}

# Whether a command, a library (name.so.N) or a file (/path, may be a pattern) is there.
present() {
  local found
  case $1 in
    /*) found=$(compgen -G "$1") && [[ -n $found ]] ;;
    *.so.*)
      found=$(compgen -G "/usr/lib/*/$1" || compgen -G "/usr/lib*/$1" || compgen -G "/lib/*/$1") &&
        [[ -n $found ]]
      ;;
    *) type -P "$1" >/dev/null ;;
  esac
}

# The packages of NEEDS that are missing, one a line.
missing_packages() {
  local need
  for need in "${NEEDS[@]}"; do
    present "${need#*:}" || printf '%s\n' "${need%%:*}"
  done
}

# The first Python that is new enough, Debian's own first: a daemon that runs as root should not
# hang on an interpreter in somebody's home.
find_python() {
  local candidate
  for candidate in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      type -P "$candidate"
      return
    fi
  done
  return 1
}

can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

venv_works() { "$VENV/bin/python" -c 'import pip' 2>/dev/null; }

# Run "$@", output to the log; on failure the tail of what it said.
logged() {
  local code=0 from
  from=$(wc -l <"$LOG")
  "$@" >>"$LOG" 2>&1 </dev/null || code=$?
  if ((code)); then
    tail -n "+$((from + 1))" "$LOG" | tail -n 8 >&2
  fi
  return "$code"
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo -n "$@"
  fi
}

# Whether packages may be installed: as root, or by a sudo that asks nobody but a person.
has_rights() {
  ((EUID == 0)) || { type -P sudo >/dev/null && { [[ -t 2 ]] || sudo -n true 2>/dev/null; }; }
}

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

apt_candidate() { apt-cache policy "$1" | sed -n 's/^ *Candidate: //p'; }

# Where the main packages of a Debian release come from, by the sources this host already has.
debian_uri() {
  apt-get indextargets --format "\$(CODENAME)|\$(COMPONENT)|\$(ORIGIN)|\$(REPO_URI)" \
    'Created-By: Packages' |
    awk -F '|' -v codename="$1" \
      '$1 == codename && $2 == "main" && $3 ~ /^Debian/ { print $4; exit }'
}

# The wireguard-go of 2023 and later carries several times what Debian 12's own does, so it comes
# from backports there; the source is derived from the host's own entry.
wireguard_go_package() {
  local codename uri source=/etc/apt/sources.list.d/worldvpn-backports.sources
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
  uri=$(debian_uri "$codename")
  if dpkg --compare-versions "$(apt_candidate wireguard-go)" ge 0.0.20230101 || [[ -z $uri ]]; then
    printf 'wireguard-go\n'
    return
  fi
  if [[ -z $(debian_uri "$codename-backports") ]]; then
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
      "$uri" "$codename-backports" /usr/share/keyrings/debian-archive-keyring.gpg |
      as_root tee "$source" >/dev/null
    if ! apt update -o APT::Update::Error-Mode=any >&2; then
      as_root rm -f "$source"
      say "this Debian mirror has no $codename-backports: an older, slower wireguard-go is used"
      printf 'wireguard-go\n'
      return
    fi
  fi
  printf 'wireguard-go/%s-backports\n' "$codename"
}

install_packages() {
  local package packages=()
  apt update
  for package in "$@"; do
    [[ $package == wireguard-go ]] && package=$(wireguard_go_package)
    packages+=("$package")
  done
  apt install --no-install-recommends "${packages[@]}"
}

# Install the Debian packages named, or say in one sentence what is needed.
want_packages() {
  (($#)) || return 0
  type -P apt-get >/dev/null ||
    die "this needs $*, by their Debian names: install them with your system's package manager and start again"
  has_rights ||
    die "this needs Debian packages and the right to install them: run 'sudo apt-get install $*' and start again"
  say "installing the Debian packages $* (once)"
  ((EUID == 0)) || sudo -v || true # asks on the terminal, before the output goes to the log
  logged install_packages "$@" ||
    die "apt-get could not install $*: see the lines above and $LOG, check the network, or run 'sudo apt-get install $*' by hand"
}

set_up_packages() {
  local missing python
  mapfile -t missing < <(missing_packages)
  if ! venv_works; then
    if ! python=$(find_python); then
      present /usr/bin/python3 || missing+=(python3 python3-venv)
    elif ! can_make_venv "$python"; then
      missing+=(python3-venv)
    fi
  fi
  want_packages "${missing[@]}"
}

set_up_venv() {
  local python folders=() folder
  if [[ -f $STAMP ]] && ! made_here || ! venv_works; then
    python=$(find_python) ||
      die "this needs Python 3.11 or newer: install it (on Debian: apt-get install python3 python3-venv) and start again"
    can_make_venv "$python" ||
      die "$python cannot make virtual environments: install its venv module (on Debian: apt-get install python3-venv) and start again"
    say "making a virtual environment in .venv"
    logged "$python" -m venv --clear "$VENV" || die "$python could not make $VENV: see the lines above"
  fi
  if ! cmp -s "$ROOT/requirements.lock" "$STAMP.lock"; then
    say "installing the packages of requirements.lock into .venv (once)"
    logged "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input \
      --require-hashes -r "$ROOT/requirements.lock" ||
      die "pip could not install requirements.lock: see the lines above and $LOG; it needs a package index in reach (check the network), then start again"
    cp "$ROOT/requirements.lock" "$STAMP.lock"
  fi
  for folder in "$ROOT"/{core,plugins/*,app,server,lab,.}; do
    [[ -f $folder/pyproject.toml ]] && folders+=(-e "$folder")
  done
  logged "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --no-index \
    --no-deps --no-build-isolation "${folders[@]}" ||
    die "pip could not install the project's own packages: see the lines above and $LOG"
}

# Whether the virtual environment was made in this folder, for the Python it still points at.
made_here() {
  local where python
  [[ -f $STAMP ]] && { read -r where && read -r python; } <"$STAMP" &&
    [[ $where == "$ROOT" && $VENV/bin/python -ef $python ]]
}

# Whether the last set-up finished here, and after the last change of what it installs.
fresh() {
  local input
  made_here || return 1
  for input in "$ROOT"/{requirements.lock,pyproject.toml,scripts/setup.bash} \
    "$ROOT"/{core,plugins/*,app,server,lab}/pyproject.toml; do
    [[ -f $input && $input -nt $STAMP ]] && return 1
  done
  return 0
}

all_set() { fresh && [[ -z $(missing_packages) ]]; }

set_up() {
  all_set && return
  [[ -w $ROOT ]] || die "$ROOT is not writable for $(id -un): start as its owner once, to set up"
  [[ ! -e $VENV || -w $VENV ]] || die "$VENV belongs to $(stat -c %U "$VENV"): start as that user, or remove it"
  mkdir -p "$CACHE"
  # Two starts at once: the second waits, then finds everything done.
  exec {lock}>>"$CACHE/setup.lock"
  flock "$lock"
  if ! all_set; then
    : >>"$LOG"
    set_up_packages
    if ! fresh; then
      # Its time is when set-up began: what changes meanwhile is newer, and installed next time.
      : >"$CACHE/begun"
      set_up_venv
      printf '%s\n' "$ROOT" "$(readlink -f "$VENV/bin/python")" >"$CACHE/done"
      touch -r "$CACHE/begun" "$CACHE/done"
      mv "$CACHE/done" "$STAMP"
    fi
  fi
  exec {lock}>&-
}
