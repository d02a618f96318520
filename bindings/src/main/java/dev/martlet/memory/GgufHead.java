package dev.martlet.memory;

import dev.martlet.ffi.martlet_h;
import dev.martlet.model.CpuVariant;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The head of a model's file as the native library reads it: metadata and the table of tensors. */
final class GgufHead {

    private static final Pattern OF_LAYER = Pattern.compile("blk\\.(\\d{1,6})\\.(.+)");
    private static final String OUTPUT = "output.weight";
    private static final String TOKENS = "token_embd.weight";

    private final Map<String, String> metadata = new HashMap<>();
    private final Map<String, Tensor> tensors = new HashMap<>();

    private record Tensor(String type, long bytes, long[] shape) {

        long rows() {
            return shape.length > 1 ? shape[1] : 1;
        }
    }

    private GgufHead(String text) {
        text.lines().map(line -> line.split("\t")).forEach(words -> {
            if (words[0].equals("meta")) {
                metadata.put(words[1], words.length > 2 ? words[2] : "");
            } else {
                long[] shape =
                        Arrays.stream(words).skip(4).mapToLong(Long::parseLong).toArray();
                tensors.put(words[1], new Tensor(words[2], Long.parseLong(words[3]), shape));
            }
        });
    }

    static GgufHead read(Path file) {
        NativeLibrary.ensureLoaded();
        byte[] path = file.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = NativeCalls.bytes(path, arena);
            return new GgufHead(NativeCalls.text(
                    "read the head of a model",
                    (out, capacity, needed) -> martlet_h.mt_model_header(name, path.length, out, capacity, needed)));
        }
    }

    ModelShape shape(CpuVariant cpu) {
        long layers = number("block_count", 0) - number("nextn_predict_layers", 0);
        Weights[] weights = new Weights[Math.clamp(layers, 0, tensors.size())]; // a layer has one at least
        Arrays.setAll(weights, i -> new Weights());
        Weights output = new Weights();
        long table = 0;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            Matcher layer = OF_LAYER.matcher(tensor.getKey());
            if (!layer.matches() && !tensor.getKey().startsWith("output")) {
                table += tensor.getValue().bytes();
                continue;
            }
            int index = layer.matches() ? Integer.parseInt(layer.group(1)) : -1;
            if (index < weights.length) {
                (index < 0 ? output : weights[index]).add(tensor.getValue(), cpu);
            }
        }
        Tensor tokens = tensors.getOrDefault(TOKENS, new Tensor("", 0, new long[0]));
        if (!tensors.containsKey(OUTPUT)) {
            // The table serves as the output's weights, laid out as these where that is another way than in the file.
            output.bytes += tokens.bytes();
            output.onHost += cpu.laysOut(tokens.type()) ? cpu.laidOut(tokens.type(), tokens.bytes()) : 0;
        }
        List<ModelShape.Layer> all = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            all.add(layer(i, weights[i]));
        }
        return new ModelShape(
                metadata.getOrDefault("general.architecture", ""),
                (int) number("context_length", 0),
                (int) number("embedding_length", 0),
                (int) tokens.rows(),
                table,
                output.bytes,
                output.onHost,
                number("attention.sliding_window", 0) > 0,
                metadata.keySet().stream().anyMatch(key -> key.contains(".ssm.") || key.contains(".wkv.")),
                all);
    }

    private static final class Weights {
        private long bytes;
        private long onHost;
        private long largest;

        private void add(Tensor tensor, CpuVariant cpu) {
            bytes += tensor.bytes();
            // Matrices only: a layer's experts, three-dimensional, stay as they are.
            onHost += tensor.shape().length == 2 ? cpu.laidOut(tensor.type(), tensor.bytes()) : tensor.bytes();
            largest = Math.max(largest, tensor.bytes());
        }
    }

    private ModelShape.Layer layer(int index, Weights weights) {
        long heads = number("attention.head_count", index, 0);
        long kvHeads = number("attention.head_count_kv", index, heads);
        long otherwise = heads == 0 ? 0 : number("embedding_length", 0) / heads;
        long key = number("attention.key_length", otherwise);
        long value = number("attention.value_length", otherwise);
        // With multi-head latent attention the values are a part of the keys.
        boolean latent = number("attention.key_length_mla", 0) > 0;
        long experts = rows(index, "ffn_gate_inp", 0);
        long used = number("expert_used_count", index, 0);
        long inner = experts > 0
                ? used * rows(index, "ffn_up_exps", rows(index, "ffn_gate_up_exps", 0) / 2)
                : rows(index, "ffn_up", number("feed_forward_length", index, 0));
        return new ModelShape.Layer(
                weights.bytes,
                weights.onHost,
                weights.largest,
                kvHeads * key,
                latent ? 0 : kvHeads * value,
                heads * key,
                (int) heads,
                inner,
                (int) experts,
                (int) used);
    }

    private long rows(int layer, String name, long otherwise) {
        Tensor tensor = tensors.get("blk." + layer + "." + name + ".weight");
        return tensor == null ? otherwise : tensor.rows();
    }

    private long number(String key, long otherwise) {
        return number(key, 0, otherwise);
    }

    /** A value of the architecture's, of a list the layer's. */
    private long number(String key, int layer, long otherwise) {
        String[] values = metadata.getOrDefault(metadata.get("general.architecture") + "." + key, "")
                .split(",");
        String value = values[Math.min(layer, values.length - 1)];
        return value.matches("\\d{1,18}") ? Long.parseLong(value) : otherwise;
    }
}
