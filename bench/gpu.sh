#!/bin/sh
# What only a machine with an NVIDIA GPU can tell; `./martlet test --gpu` runs it. Part follows part, also after one that
# failed, and a summary ends it.
#   gpu.sh [--model FILE] [--dry-run]    --dry-run prints the commands, as for an H100
# Exit code: 0 every part passed, 1 some did not, 2 wrong usage, 3 there is no GPU.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
home=${MARTLET_HOME:-$HOME/.cache/martlet}
out=$root/target/gpu
peers=$home/peers/llama.cpp-v0.5.0/build/bin
model=
dry=
while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry=yes ;;
    --model) model=$(readlink -f "${2:?--model needs a file}") && shift ;;
    *) echo "usage: ./martlet test --gpu [--model FILE] [--dry-run]" >&2; exit 2 ;;
    esac
    shift
done

say() { printf 'gpu: %s\n' "$*" >&2; }

# ---- what there is --------------------------------------------------------------------------------------------------

if [ -n "$dry" ]; then
    major=13
    capability=90
elif ! command -v nvidia-smi >/dev/null 2>&1; then
    say "no GPU here: there is no nvidia-smi, which comes with NVIDIA's driver"
    exit 3
elif gpus=$(nvidia-smi -L 2>&1) && [ -n "$gpus" ]; then
    say "$gpus"
    major=$(nvidia-smi | sed -n 's/.*CUDA Version: *\([0-9]*\).*/\1/p' | head -n 1)
    capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)
else
    say "no GPU here: nvidia-smi says: ${gpus:-nothing}"
    exit 3
fi

# ---- parts ----------------------------------------------------------------------------------------------------------

mkdir -p "$out"
rm -f "$out"/*.log
summary=
status=0

# part NAME WHAT COMMAND...: the command's output goes to the terminal and to a file
part() {
    name=$1
    say "== $name: $2"
    shift 2
    if [ -n "$dry" ]; then
        case $1 in "$root"/*) echo "$*" ;; *) sed -n "/^$1() {/,/^}/p" "$0" ;; esac
        return 0
    fi
    rm -f "$out/failed"
    { "$@" || : >"$out/failed"; } 2>&1 | tee "$out/$name.log"
    result=passed
    if [ -e "$out/failed" ]; then
        result=FAILED
        status=1
    fi
    summary="$summary
  $result  $name  $out/$name.log"
}

# Whether the fetched module has machine code for the device; its PTX would be compiled at each start, if the driver can.
covered() {
    sed -n 's/.*machine code for \(.*\), PTX.*/ \1 /p' "$out/fetch.log" | grep -qE " $capability"'a? '
}

# A folder with the CPU libraries, the module and CUDA's own: whoever loads libmartlet or llama.cpp from it uses the GPU.
with_module() {
    folder=$1
    module=$(cat "$out/compile.log" "$out/fetch.log" 2>/dev/null | sed -n 's/^\(built\|package\) .*  //p' | head -n 1)
    runtime=$(sed -n 's/^runtime //p' "$out/fetch.log")
    mkdir -p "$folder"
    ln -sf "$module"/*.so "$runtime"/libcudart.so.* "$runtime"/libcublas*.so.* "$folder/"
}

libraries() {
    rm -rf "$out/libraries"
    mkdir -p "$out/libraries"
    ln -sf "$root"/native-lib/target/classes/dev/martlet/native/linux-*/lib* "$out/libraries/"
    with_module "$out/libraries"
    "$root/bench/native/build.sh" "$root/bench/target/native" && with_module "$peers"
}

memory() {
    "$root/martlet" serve --port 0 --gpu auto ${model:+--model "$model"} >"$out/serve.out" 2>&1 &
    server=$!
    waited=0
    until grep -q 'martlet ready on' "$out/serve.out"; do
        sleep 1
        waited=$((waited + 1))
        if [ $waited -gt 300 ] || ! kill -0 $server 2>/dev/null; then
            cat "$out/serve.out"
            return 1
        fi
    done
    grep '^martlet:' "$out/serve.out"
    nvidia-smi --query-compute-apps=pid,used_memory --format=csv
    kill $server
    wait $server
    return 0
}

prefill_and_decode() {
    MARTLET_JAVA_OPTS="-Dmartlet.native.dir=$out/libraries ${MARTLET_JAVA_OPTS:-}" \
        "$root/martlet" bench DecodeBenchmark PrefillBenchmark ${model:+--model "$model"} --out "$out/bench.json" &&
        "$peers/llama-bench" -m "${model:-$home/models/SmolLM2-135M-Instruct.Q4_1.gguf}" -ngl 99 -p 512 -n 128
}

part fetch "the prebuilt module, and CUDA's libraries unless the system has them" "$root/martlet" natives fetch --cuda "$major"
covered 2>/dev/null ||
    part compile "a module with machine code for this device" "$root/martlet" natives build --cuda-arch "$capability"
part libraries "folders from which tests, llama-bench and llama-server load that module" libraries
trap 'rm -f "$peers/libggml-cuda.so" "$peers"/libcu*.so.*' EXIT # llama-server runs on the CPU again
part tests "every test, models on the GPU" \
    "$root/martlet" test -DskipNativeTests "-Dmartlet.native.dir=$out/libraries"
part memory "the device memory that serve foretells, and what the driver says it took" memory
part speed "decode and prefill beside llama-bench" prefill_and_decode
part serving "the server beside llama-server with one cache for all (--kv-unified) and with one cut into parts" \
    "$root/martlet" bench serving --rows fanout,mixed,single,arrival --rounds 2 --out "$out/serving.json" \
    ${model:+--model "$model"}

[ -n "$dry" ] || say "done:$summary"
exit $status
