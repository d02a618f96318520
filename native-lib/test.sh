#!/bin/sh
# Builds and runs the tests of libmartlet, plain and then with AddressSanitizer and UBSan; prints ctest's summaries.
#   test.sh [plain|sanitize]...   default: both
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
llama=$("$here/llama/fetch.sh")
status=0
[ $# -gt 0 ] || set -- plain sanitize

for kind in "$@"; do
    build=$here/target/$kind
    case $kind in
    plain) sanitize=OFF ;;
    sanitize) sanitize=ON ;;
    *) echo "usage: test.sh [plain|sanitize]..." >&2; exit 2 ;;
    esac
    mkdir -p "$here/target"
    generator=
    [ -f "$build/CMakeCache.txt" ] || ! command -v ninja >/dev/null 2>&1 || generator='-G Ninja'
    echo "== $kind"
    # shellcheck disable=SC2086 # several words
    { cmake -S "$here" -B "$build" $generator -DMARTLET_LLAMA_DIR="$llama" -DMARTLET_SANITIZE=$sanitize &&
        cmake --build "$build" --parallel; } >"$here/target/test-$kind.log" 2>&1 || {
        cat "$here/target/test-$kind.log"
        echo "the build of the tests failed"
        exit 1
    }
    (cd "$build" && ctest --output-on-failure --no-tests=error) || status=1
done
exit $status
