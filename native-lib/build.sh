#!/bin/sh
# Builds libmartlet and puts it, with the llama.cpp libraries it runs on, into a folder as Java resources:
#   build.sh FOLDER  ->  FOLDER/dev/martlet/native/PLATFORM/{libmartlet.so, libllama*, libggml*, index}
# The index: a line with a key over all files, then "SHA256  NAME" of each. Without changes it does nothing.
# llama.cpp is prebuilt where there are libraries for this platform, else compiled as well; target/llama (which `martlet
# natives build` writes) or MARTLET_LLAMA say otherwise: prebuilt or source. MARTLET_CMAKE_ARGS adds arguments for cmake.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=${1:?usage: build.sh FOLDER}

mkdir -p "$here/target"

say() { printf 'libmartlet: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

for tool in cmake c++; do
    command -v "$tool" >/dev/null 2>&1 || die "$tool is needed to build: install CMake and a C++17 compiler (g++)"
done
llama=$("$here/llama/fetch.sh")

case $(uname -s)-$(uname -m) in
Linux-x86_64 | Linux-amd64) platform=linux-x64 ;;
Linux-aarch64 | Linux-arm64) platform=linux-arm64 ;;
Darwin-arm64) platform=macos-arm64 ;;
Darwin-x86_64) platform=macos-x64 ;;
*) die "no build for $(uname -s) $(uname -m) yet" ;;
esac

mode=${MARTLET_LLAMA:-$(cat "$here/target/llama" 2>/dev/null || :)}
if [ -z "$mode" ]; then
    [ -d "$llama/$platform" ] && mode=prebuilt || mode=source
fi
build=$here/target/$([ "$mode" = prebuilt ] && echo plain || echo "$mode")

# Configures again where the fetched release or the arguments are others than before; cmake sees the rest itself.
arguments="$llama $mode ${MARTLET_CMAKE_ARGS:-}"
if [ "$(cat "$build/.arguments" 2>/dev/null)" != "$arguments" ]; then
    say "configuring"
    generator=
    [ -f "$build/CMakeCache.txt" ] || ! command -v ninja >/dev/null 2>&1 || generator='-G Ninja'
    # shellcheck disable=SC2086 # several arguments each
    cmake -S "$here" -B "$build" $generator -DMARTLET_LLAMA="$mode" -DMARTLET_LLAMA_DIR="$llama" \
        ${MARTLET_CMAKE_ARGS:-} >"$here/target/configure.log" 2>&1 || {
        cat "$here/target/configure.log" >&2
        die "cmake could not configure the build"
    }
    printf '%s' "$arguments" >"$build/.arguments"
fi
targets=martlet
[ "$mode" = prebuilt ] || targets='martlet llama-backends'
log=$here/target/build.log
rm -f "$log.failed"
# shellcheck disable=SC2086
{ cmake --build "$build" --target $targets --parallel || : >"$log.failed"; } 2>&1 | tee "$log" | awk -v mode="$mode" '
    mode == "source" && match($0, /^\[ *[0-9]+(%|\/[0-9]+)\]/) && ++lines % 20 == 0 {
        print "libmartlet: compiled " substr($0, 2, RLENGTH - 2); fflush()
    }' >&2
if [ -e "$log.failed" ]; then
    cat "$log" >&2
    die "the build failed"
fi

staged=$out/dev/martlet/native/$platform
if [ -f "$staged/index" ] && [ "$(cat "$build/.staged" 2>/dev/null)" = "$staged" ] && [ -z "$(find "$build/bin/" -newer "$staged/index" -name 'lib*' | head -n 1)" ]; then
    exit 0
fi
say "staging into $staged, llama.cpp: $mode"
rm -rf "$staged"
mkdir -p "$staged"
for file in "$build"/bin/lib*.so "$build"/bin/lib*.dylib; do
    [ -f "$file" ] && cp -L "$file" "$staged/"
done
cp "$llama/src/LICENSE" "$staged/llama.cpp-LICENSE" # MIT: goes with every copy
sums=$(cd "$staged" && if command -v sha256sum >/dev/null 2>&1; then sha256sum lib*; else shasum -a 256 lib*; fi)
key=$(printf '%s\n' "$sums" | if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi)
printf '%s\n%s\n' "${key%% *}" "$sums" >"$staged/index"
rm -f "$here"/target/*/.staged # of the libraries that lay there before
printf '%s' "$staged" >"$build/.staged"
