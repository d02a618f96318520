#!/bin/sh
# Fetches the pinned llama.cpp release (versions) once and prints the folder it is in:
#   src/        the source: headers, test vocabularies, chat templates
#   linux-*/    the prebuilt libraries of this platform, where there are some
# The folder is ${MARTLET_HOME:-$HOME/.cache/martlet}/llama/RELEASE. Each part is made complete in a temporary folder
# beside it and then renamed, so an interrupted or concurrent run never leaves a half-written part.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
versions=$here/versions

say() { printf 'llama.cpp: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

field() { # field KIND NUMBER: a field of the line of versions that starts with KIND
    awk -v kind="$1" -v number="$2" '$1 == kind { print $number; exit }' "$versions"
}

release=$(field release 2)
home=${MARTLET_HOME:-${HOME:?HOME or MARTLET_HOME must be set}/.cache/martlet}
target=$home/llama/$release

case $(uname -s)-$(uname -m) in
Linux-x86_64 | Linux-amd64) platform=linux-x64 ;;
Linux-aarch64 | Linux-arm64) platform=linux-arm64 ;;
*) platform= ;;
esac

temporary=
trap '[ -z "$temporary" ] || rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

need() {
    command -v "$1" >/dev/null 2>&1 || die "$1 is needed to fetch llama.cpp: install $2"
}

sha512_of() { # base64, as npm writes it
    if command -v openssl >/dev/null 2>&1; then
        openssl dgst -sha512 -binary "$1" | openssl base64 -A
    elif command -v python3 >/dev/null 2>&1; then
        python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$1"
    else
        die "openssl or python3 is needed to check what was downloaded"
    fi
}

pack() { # pack KIND: downloads and unpacks the package of the kind into $temporary/package
    name=$(field "$1" 2)
    integrity=$(field "$1" 3)
    need npm "Node.js with npm"
    say "downloading $name"
    mkdir "$temporary/download"
    (cd "$temporary/download" && npm pack --silent --ignore-scripts "$name" >/dev/null) ||
        die "npm could not download $name: is this machine online, and npm's registry setting right?"
    archive=$(find "$temporary/download" -name '*.tgz' | head -n 1)
    [ -n "$archive" ] || die "npm downloaded nothing for $name"
    [ "sha512-$(sha512_of "$archive")" = "$integrity" ] ||
        die "$name has another checksum than the one in $versions: not used"
    say "unpacking $name"
    tar -xzf "$archive" -C "$temporary"
    rm -rf "$temporary/download"
}

finish() { # finish FROM NAME: puts a complete part in its place, unless another run was faster
    # With -T an existing folder makes the rename fail instead of taking the part in; not every mv knows it.
    mv -T "$1" "$target/$2" 2>/dev/null || [ -d "$target/$2" ] || mv "$1" "$target/$2" ||
        die "cannot write $target/$2"
}

begin() {
    mkdir -p "$target" || die "cannot write $target"
    temporary=$(mktemp -d "$target/.fetch.XXXXXX")
}

end() {
    rm -rf "$temporary"
    temporary=
}

fetch_source() {
    need git git
    begin
    pack source
    say "checking the source out"
    git clone --quiet "$temporary/package/llama/gitRelease.bundle" "$temporary/source" 2>"$temporary/git.log" || {
        cat "$temporary/git.log" >&2
        die "git could not read the source bundle"
    }
    rm -rf "$temporary/source/.git"
    [ -f "$temporary/source/include/llama.h" ] || die "the source bundle holds no llama.h"
    finish "$temporary/source" src
    end
}

fetch_libraries() {
    begin
    pack "$platform"
    mkdir "$temporary/libraries"
    find "$temporary/package" -name '*.so' ! -name 'libllama-common*' -exec cp {} "$temporary/libraries" ';'
    [ -f "$temporary/libraries/libllama.$release.so" ] || die "the package holds no libllama.$release.so"
    finish "$temporary/libraries" "$platform"
    end
}

[ -d "$target/src" ] || fetch_source
[ -z "$platform" ] || [ -d "$target/$platform" ] || fetch_libraries
printf '%s\n' "$target"
