#!/bin/sh
# Fetches the clients that the tests point at the server, once, and prints the folder they are in: node_modules as
# package-lock.json has them, python as requirements.txt has them. Every archive is checked against its digest there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
oldest_node=20

die() {
    printf 'martlet: %s\n' "$*" >&2
    exit 1
}

command -v npm >/dev/null 2>&1 || die "npm is missing; it fetches the JavaScript clients that the tests use (Debian, Ubuntu: apt-get install npm)"
command -v node >/dev/null 2>&1 || die "node is missing; it runs the JavaScript clients that the tests use (Debian, Ubuntu: apt-get install nodejs)"
node_version=$(node --version)
node_major=${node_version#v}
[ "${node_major%%.*}" -ge "$oldest_node" ] || die "node $node_version is too old for the clients that the tests use: $oldest_node or newer"
python_version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 10) else "old")' 2>/dev/null) ||
    die "python3 is missing; it runs the Python client that the tests use (Debian, Ubuntu: apt-get install python3 python3-pip)"
[ "$python_version" != old ] || die "python3 is too old for the Python client that the tests use: 3.10 or newer"
python3 -m pip --version >/dev/null 2>&1 || die "pip for python3 is missing; it fetches the Python client that the tests use (Debian, Ubuntu: apt-get install python3-pip)"

digest=$(cat "$here/package.json" "$here/package-lock.json" "$here/requirements.txt" | cksum | tr ' ' -)
home=${MARTLET_HOME:-$HOME/.cache/martlet}/clients/$digest-$(uname -m)-python$python_version
if [ ! -d "$home" ]; then
    half=$home.$$
    trap 'rm -rf "$half"' EXIT
    mkdir -p "$half"
    cp "$here/package.json" "$here/package-lock.json" "$half/"
    echo "martlet: fetching JavaScript and Python clients for the tests" >&2
    (cd "$half" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error) >&2 || die "npm could not fetch the clients"
    python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --target "$half/python" --requirement "$here/requirements.txt" >&2 || die "pip could not fetch the Python client"
    # Another run may have been faster.
    mv "$half" "$home" 2>/dev/null || [ -d "$home" ] || die "cannot write $home"
fi
echo "$home"
