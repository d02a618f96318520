package dev.martlet.model;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.martlet.ffi.martlet_h;
import dev.martlet.nativelib.NativeCalls;
import dev.martlet.nativelib.NativeHandle;
import dev.martlet.nativelib.NativeObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * An open GGUF model. Safe from any thread; closing it closes the engines that run it.
 */
public final class Model extends NativeObject {

    private final NativeHandle handle;
    private final Path path;
    private final ModelOptions options;
    private final ModelInfo info;
    private final Vocabulary vocabulary;
    private final Tokenizer tokenizer;

    private Model(NativeHandle handle, Path path, ModelOptions options) {
        super(handle);
        this.handle = handle;
        this.path = path;
        this.options = options;
        this.info = call(NativeModels::info);
        this.vocabulary = call(pointer -> NativeModels.vocabulary(pointer, info.vocabularySize()));
        this.tokenizer = new NativeTokenizer(handle);
    }

    /** Opens a model with the default options. */
    public static Model open(Path file) {
        return open(file, ModelOptions.defaults());
    }

    /**
     * Opens a model. An interrupt of the waiting thread ends it like a listener that says no.
     *
     * @throws dev.martlet.nativelib.NativeException IO with what is wrong with the file, ABORTED, OUT_OF_MEMORY; also
     *     when the native library itself cannot be loaded
     */
    public static Model open(Path file, ModelOptions options) {
        NativeHandle handle = new NativeHandle("model", ModelLoad.open(file, options), martlet_h::mt_model_close);
        try {
            return new Model(handle, file, options);
        } catch (RuntimeException e) {
            handle.close();
            throw e;
        }
    }

    /** The file it was opened from. */
    public Path path() {
        return path;
    }

    /** What it was opened with. */
    public ModelOptions options() {
        return options;
    }

    /** What the file says of the model. */
    public ModelInfo info() {
        return info;
    }

    /** Its tokens; usable after the model is closed. */
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** Its tokenizer; throws {@link IllegalStateException} once the model is closed. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** The Jinja source of its chat template; empty when the file has none. */
    public Optional<String> chatTemplate() {
        return template(MemorySegment.NULL, 0);
    }

    /** The Jinja source of another template of the file, e.g. "tool_use"; empty when it has none of that name. */
    public Optional<String> chatTemplate(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            return template(NativeCalls.bytes(bytes, arena), bytes.length);
        }
    }

    private Optional<String> template(MemorySegment name, int length) {
        return call(pointer -> {
            String source = NativeCalls.text(
                    "read chat template",
                    (out, capacity, needed) ->
                            martlet_h.mt_model_chat_template(pointer, name, length, out, capacity, needed));
            return source.isEmpty() ? Optional.empty() : Optional.of(source);
        });
    }

    /** The file's metadata: all pairs whose value is not a list, in the file's order. */
    public Map<String, String> metadata() {
        return call(pointer -> {
            Map<String, String> pairs = new LinkedHashMap<>();
            int count = count(pointer);
            for (int i = 0; i < count; i++) {
                int index = i;
                String key = NativeCalls.text(
                        "read metadata",
                        (out, capacity, needed) -> martlet_h.mt_model_meta_key(pointer, index, out, capacity, needed));
                String value = NativeCalls.text(
                        "read metadata",
                        (out, capacity, needed) ->
                                martlet_h.mt_model_meta_value(pointer, index, out, capacity, needed));
                pairs.put(key, value);
            }
            return Collections.unmodifiableMap(pairs);
        });
    }

    private static int count(MemorySegment pointer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_INT);
            NativeCalls.check("read metadata", martlet_h.mt_model_meta_count(pointer, count));
            return count.get(JAVA_INT, 0);
        }
    }

    private <R> R call(Function<MemorySegment, R> body) {
        MemorySegment pointer = handle.acquire();
        try {
            return body.apply(pointer);
        } finally {
            handle.release();
        }
    }
}
