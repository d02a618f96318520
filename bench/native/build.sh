#!/bin/sh
# Builds what the serving load is compared with, where it is not there yet, and prints two folders, one a line:
#   ${MARTLET_HOME}/peers/llama.cpp-RELEASE/build/bin   llama-server and llama-bench beside the prebuilt libraries
#   FOLDER                                              straight, the same work through the C API alone
# usage: build.sh FOLDER
# One of several runs at once builds, the others wait; an interrupted build is continued by the next run.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=${1:?usage: build.sh FOLDER}

say() { printf 'peer: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

for tool in cmake c++ git; do
    command -v "$tool" >/dev/null 2>&1 ||
        die "$tool is needed to build llama-server: install CMake, git and a C++17 compiler (Debian: apt-get install cmake git g++ make)"
done
command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 ||
    die "make or ninja is needed to build llama-server (Debian: apt-get install make)"

llama=$("$here/../../native-lib/llama/fetch.sh")
release=${llama##*/}
case $(uname -s)-$(uname -m) in
Linux-x86_64 | Linux-amd64) libraries=$llama/linux-x64 ;;
Linux-aarch64 | Linux-arm64) libraries=$llama/linux-arm64 ;;
*) die "there are no prebuilt libraries for $(uname -s) $(uname -m) that both servers could run on" ;;
esac
peer=$(dirname "$(dirname "$llama")")/peers/llama.cpp-$release
build=$peer/build
log=$peer/build.log
mkdir -p "$peer" || die "cannot write $peer"

# ---- llama-server and llama-bench -----------------------------------------------------------------------------------

# What the built programs depend on beyond the release.
recipe=$(cksum <"$here/CMakeLists.txt")
complete() { [ "$(cat "$peer/complete" 2>/dev/null)" = "$recipe" ]; }

lock=$peer/lock
lock_build() {
    told=
    until mkdir "$lock" 2>/dev/null; do
        holder=$(cat "$lock/pid" 2>/dev/null || :)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
            rm -rf "$lock"
            continue
        fi
        [ -n "$told" ] || say "waiting for another build (process ${holder:-unknown}; if there is none, remove $lock)"
        told=yes
        sleep 1
    done
    trap 'rm -rf "$lock"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    echo $$ >"$lock/pid"
}

unlock_build() {
    rm -rf "$lock"
    trap - EXIT INT TERM HUP
}

# A compiler of these sources takes up to 1.5 GB: no more at once than there is memory for.
jobs() {
    processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
    room=$(awk '/^MemAvailable/ { n = int($2 / 1500000); print (n < 1 ? 1 : n) }' /proc/meminfo 2>/dev/null)
    [ -n "$room" ] && [ "$room" -lt "$processors" ] && echo "$room" || echo "$processors"
}

build_programs() {
    say "building llama-server and llama-bench $release on Martlet's libraries, once (some minutes; log: $log)"
    generator=
    [ -f "$build/CMakeCache.txt" ] || ! command -v ninja >/dev/null 2>&1 || generator='-G Ninja'
    # shellcheck disable=SC2086 # two arguments or none
    cmake -S "$here" -B "$build" $generator -DLLAMA_RELEASE="$release" -DLLAMA_SOURCE="$llama/src" \
        -DLLAMA_LIBRARIES="$libraries" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "cmake could not configure the build"
    }
    rm -f "$peer/failed"
    { cmake --build "$build" --target llama-server llama-bench --parallel "$(jobs)" 2>&1 || : >"$peer/failed"; } |
        tee -a "$log" | awk '
            # [12/135] of ninja, [ 12%] of make
            match($0, /^\[ *[0-9]+(\/[0-9]+|%)\]/) {
                split(substr($0, 2, RLENGTH - 2), part, "/")
                percent = part[1] ~ /%/ ? part[1] + 0 : int(100 * part[1] / part[2])
                if (percent >= next_told) {
                    print "peer:   " percent " %"; fflush()
                    next_told = percent - percent % 10 + 10
                }
            }' >&2
    [ ! -e "$peer/failed" ] || {
        grep -aE 'error|Error' "$log" | head -n 20 >&2
        die "the build failed; all of its output: $log"
    }
    printf '%s\n' "$recipe" >"$peer/complete.new"
    mv "$peer/complete.new" "$peer/complete"
}

if ! complete; then
    lock_build
    complete || build_programs
    unlock_build
fi

# ---- straight -------------------------------------------------------------------------------------------------------

if [ ! -x "$out/straight" ] || [ -n "$(find "$here/straight.cpp" "$peer/complete" -newer "$out/straight")" ]; then
    mkdir -p "$out"
    c++ -std=c++17 -O2 -Wall -Wextra -Wshadow -Werror -isystem "$llama/src/include" \
        -isystem "$llama/src/ggml/include" \
        "$here/straight.cpp" -o "$out/straight.$$" -L "$build/bin" "-l:libllama.$release.so" "-l:libggml.$release.so" \
        -l:libggml-base.so "-Wl,-rpath,$build/bin" || die "$here/straight.cpp does not compile"
    mv "$out/straight.$$" "$out/straight"
fi

printf '%s\n%s\n' "$build/bin" "$out"
