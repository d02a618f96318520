package dev.martlet.bench.serving;

import dev.martlet.model.Model;
import dev.martlet.model.ModelOptions;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the rows must know of a model.
 *
 * @param tokensPerWord of the texts of {@link Words}
 * @param cellBytes bytes of the KV cache for a token, keys and values of two bytes; 0 where the file does not tell
 */
record ModelFacts(double tokensPerWord, long cellBytes) {
    private static final int SAMPLE = 1000;
    private static final int BYTES = 2;

    static ModelFacts of(Path file) {
        try (Model model = Model.open(file, ModelOptions.defaults().withVocabularyOnly(true))) {
            int tokens = model.tokenizer().encode(new Words(0).text(SAMPLE), false, false).length;
            return new ModelFacts((double) tokens / SAMPLE, cellBytes(model.metadata()));
        }
    }

    /** Words that make about so many tokens. */
    int words(int tokens) {
        return (int) Math.round(tokens / tokensPerWord);
    }

    static long cellBytes(Map<String, String> metadata) {
        String architecture = metadata.getOrDefault("general.architecture", "");
        long layers = number(metadata, architecture + ".block_count", 0);
        long heads = number(metadata, architecture + ".attention.head_count", 0);
        long kvHeads = number(metadata, architecture + ".attention.head_count_kv", 0);
        long width = number(metadata, architecture + ".embedding_length", 0);
        if (layers == 0 || heads == 0 || kvHeads == 0 || width == 0) {
            return 0;
        }
        long keys = number(metadata, architecture + ".attention.key_length", width / heads);
        long values = number(metadata, architecture + ".attention.value_length", width / heads);
        return layers * kvHeads * (keys + values) * BYTES;
    }

    private static long number(Map<String, String> metadata, String key, long otherwise) {
        String value = metadata.get(key);
        try {
            return value == null ? otherwise : Long.parseLong(value);
        } catch (NumberFormatException e) {
            return otherwise; // a list, one a layer
        }
    }
}
