# What ./run and ./test have in common: installing what is missing, and building when something changed.
# Sourced from the root of the repository.

# Says what is installed and why, one line each, and installs it. Calls no package manager when nothing is missing.
# require_programs tests: also what only the tests need.
require_programs() {
  local tests=${1:-} missing=()
  need() { # PACKAGE WHY TEST...
    local package=$1 why=$2
    shift 2
    "$@" >/dev/null 2>&1 || { echo "installing $package: $why" >&2; missing+=("$package"); }
  }

  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "the .NET 10 SDK is missing: install it from https://dot.net/download" >&2
    exit 1
  fi

  if [[ "$(uname)" == Darwin ]]; then
    need postgresql@15 "the embedded database" has_postgres
    need ffmpeg "encodes and packages audio" command -v ffmpeg
    need flite "speaks English" command -v flite
    need espeak-ng "speaks other languages" command -v espeak-ng
    need librsvg "draws covers" command -v rsvg-convert
    [[ -z "$tests" ]] || need node "runs clients of other people's making against a real host" command -v node
    # Homebrew has no apertium, no festival and no pocketsphinx of the version that is used: those engines are listed as absent.
    [[ ${#missing[@]} -eq 0 ]] && return
    command -v brew >/dev/null || { echo "Homebrew is needed to install ${missing[*]}" >&2; exit 1; }
    HOMEBREW_NO_AUTO_UPDATE=1 quietly brew install "${missing[@]}"
    return
  fi

  need postgresql "the embedded database (no cluster of the distribution is made or started)" has_postgres
  need ffmpeg "encodes and packages audio" command -v ffmpeg
  need flite "speaks English" command -v flite
  need espeak-ng "speaks other languages" command -v espeak-ng
  need pocketsphinx "writes down what is said, and finds when each word is" command -v pocketsphinx_batch
  need pocketsphinx-en-us "the English that it knows" test -d /usr/share/pocketsphinx/model/en-us
  need apertium "translates by rules" command -v apertium
  need apertium-eng-spa "English and Spanish for it" test -e /usr/share/apertium/modes/eng-spa.mode
  need librsvg2-bin "draws covers" command -v rsvg-convert
  need fonts-dejavu-core "the letters on them" test -e /usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf
  if [[ -n "$tests" ]]; then
    need festival "another engine, which is used where somebody has installed it" command -v text2wave
    need festvox-us-slt-hts "its voice" test -d /usr/share/festival/voices/us/cmu_us_slt_arctic_hts
    need pocketsphinx-testdata "recordings of people with what they say" test -d /usr/share/pocketsphinx/test/data/librivox
    need nodejs "runs clients of other people's making against a real host" command -v node
    need npm "gets those clients, as tests/clients/package-lock.json pins them" command -v npm
    need chromium "follows live updates as a browser does" command -v chromium
  fi
  need util-linux "runs the database without root's rights (setpriv)" command -v setpriv
  [[ ${#missing[@]} -eq 0 ]] && return
  command -v apt-get >/dev/null || { echo "install these with your package manager: ${missing[*]}" >&2; exit 1; }

  local sudo=()
  if [[ "$(id -u)" -ne 0 ]]; then
    command -v sudo >/dev/null || { echo "root or sudo is needed to install ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
  fi
  # Debian's package would make a cluster and start it; only its programs are wanted.
  if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    "${sudo[@]}" mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  quietly "${sudo[@]}" apt-get update -q
  quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    -o Dpkg::Options::=--force-confold "${missing[@]}"
}

# The clients that the tests run against a real host: exactly those of the lock file, whose checksums npm holds them to.
install_clients() {
  [[ tests/clients/node_modules/.package-lock.json -nt tests/clients/package-lock.json ]] && return
  echo "installing the clients of tests/clients" >&2
  quietly npm ci --prefix tests/clients
}

# Postgres 15 or newer, where the host looks for it.
has_postgres() {
  local folder
  for folder in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
    [[ -x "$folder/initdb" && "$folder" =~ /postgresql[@/]([0-9]+)/bin$ && "${BASH_REMATCH[1]}" -ge 15 ]] && return 0
  done
  command -v initdb >/dev/null && [[ "$(initdb --version)" =~ \)\ ([0-9]+) && "${BASH_REMATCH[1]}" -ge 15 ]]
}

# build_if_changed PROJECT OUTPUT: a Release build, unless OUTPUT is newer than every source and folder (a folder changes when a file goes).
build_if_changed() {
  local project=$1 output=$2
  if [[ -e "$output" && -z "$(find src tests Directory.Build.props Directory.Packages.props global.json .editorconfig \
    \( -name bin -o -name obj -o -name TestResults -o -name node_modules \) -prune -o -newer "$output" -print 2>/dev/null | head -n 1)" ]]; then
    return
  fi
  echo "building" >&2
  quietly dotnet build "$project" -c Release --nologo -v quiet
  touch "$output" # a build that finds nothing to do leaves the old time, and would be tried at every start
}

# Runs a command and shows what it says only if it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "failed: $*" >&2
    exit 1
  fi
  rm -f "$log"
}
