#!/bin/sh
# Writes src/main/java/dev/martlet/ffi anew from ../native-lib/include/martlet.h with the jextract on the PATH.
# Run it after a change of the header and commit the result; building Martlet needs no jextract.
set -eu
cd "$(dirname "$0")"
header=../native-lib/include/martlet.h
package=dev.martlet.ffi
target=src/main/java/dev/martlet/ffi

if ! command -v jextract >/dev/null 2>&1; then
    echo "generate.sh: there is no jextract on the PATH." >&2
    echo "Get a build for JDK 22 or newer from https://jdk.java.net/jextract/ and put its bin folder on the PATH." >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Only what the header itself declares: the filters are read from it, so that a new function needs no change here.
functions=$(sed -n 's/^MT_API int32_t \(mt_[a-z_]*\)(.*/--include-function \1/p' "$header")
structs=$(sed -n 's/^typedef struct \(mt_[a-z_]*\) {.*/--include-struct \1/p' "$header")
constants=$(sed -n 's/^#define \(MT_[A-Z_]*\) .*/--include-constant \1/p' "$header" | grep -v ' MT_API$')

# shellcheck disable=SC2086
jextract --target-package "$package" --header-class-name martlet_h --output "$work" \
    $functions $structs $constants "$header" 2>"$work/messages" || { cat "$work/messages" >&2; exit 1; }
# The opaque handles have no layout; jextract says so, and they are plain pointers.
grep -v 'Skipping mt_\(model\|context\|sampler\|embedder\) ' "$work/messages" >&2 || true

# jextract writes for JDK 22 and newer. What is not in 21, or means something else there (handles of layouts take an
# offset from 22 on), becomes what is the same on both: plain layouts, find(), and get and set by offset.
cd "$work/dev/martlet/ffi"
for file in *.java; do
    sed -e 's/\(C_BOOL *= *\).*/\1JAVA_BOOLEAN;/' \
        -e 's/\(C_CHAR *= *\).*canonicalLayouts.*/\1JAVA_BYTE;/' \
        -e 's/\(C_SHORT *= *\).*canonicalLayouts.*/\1JAVA_SHORT;/' \
        -e 's/\(C_INT *= *\).*canonicalLayouts.*/\1JAVA_INT;/' \
        -e 's/\(C_LONG_LONG *= *\).*canonicalLayouts.*/\1JAVA_LONG;/' \
        -e 's/\(C_LONG *= *\).*canonicalLayouts.*/\1JAVA_LONG;/' \
        -e 's/\(C_FLOAT *= *\).*canonicalLayouts.*/\1JAVA_FLOAT;/' \
        -e 's/\(C_DOUBLE *= *\).*canonicalLayouts.*/\1JAVA_DOUBLE;/' \
        -e 's/\(C_POINTER *= *\).*canonicalLayouts.*/\1ADDRESS/' \
        -e 's/SYMBOL_LOOKUP\.findOrThrow(\("[a-z_]*"\))/SYMBOL_LOOKUP.find(\1).orElseThrow(() -> new UnsatisfiedLinkError(\1))/' \
        -e '/VarHandle [a-z_]*\$ELEM_HANDLE = /d' \
        -e 's/(byte)\([a-z_]*\)\$ELEM_HANDLE\.get(struct, [^)]*)/struct.get(JAVA_BYTE, \1$OFFSET + Objects.checkIndex(index0, \1$LAYOUT.elementCount()))/' \
        -e 's/\([a-z_]*\)\$ELEM_HANDLE\.set(struct, [^)]*, fieldValue)/struct.set(JAVA_BYTE, \1$OFFSET + Objects.checkIndex(index0, \1$LAYOUT.elementCount()), fieldValue)/' \
        -e 's/^public class /@SuppressWarnings("restricted") &/' \
        -e 's/[ \t]*$//' "$file" >"$file.new"
    mv "$file.new" "$file"
done
if grep -n 'canonicalLayouts\|findOrThrow\|allocateFrom\|varHandle(\|getString\|setString' *.java >&2; then
    echo "generate.sh: this jextract writes calls that differ between JDK 21 and 22 (above); teach the script to replace them." >&2
    exit 1
fi
cd - >/dev/null

rm -rf "$target"
mkdir -p "$target"
cp "$work"/dev/martlet/ffi/*.java "$target/"
echo "wrote $(ls "$target" | wc -l) files to bindings/$target"
