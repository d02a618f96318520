package dev.martlet.embedding;

import dev.martlet.model.Model;
import dev.martlet.model.ModelInfo;
import dev.martlet.model.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How a model reads a query together with a document: by the file's own template for it, or as a pair of texts with the
 * model's separators, {@code BOS query EOS SEP document EOS} without those it does not want. What query and document
 * spell never becomes a control token. Safe from any thread.
 */
final class RankPrompt {

    private static final Pattern PLACE = Pattern.compile("\\{(query|document)}");

    private final Tokenizer tokenizer;
    private final Optional<String> template;
    private final int[] begin;
    private final int[] between;
    private final int[] end;

    RankPrompt(ModelInfo info, Tokenizer tokenizer, Optional<String> template) {
        this.tokenizer = tokenizer;
        this.template = template;
        int[] separator = one(info.addSeparator() ? info.special().separator() : OptionalInt.empty());
        int[] eos = one(info.addEos() ? info.special().eos() : OptionalInt.empty());
        this.begin = one(info.addBos() ? info.special().bos() : OptionalInt.empty());
        this.between = join(eos, separator);
        this.end = eos.length > 0 ? eos : separator;
    }

    static RankPrompt of(Model model) {
        return new RankPrompt(model.info(), model.tokenizer(), model.chatTemplate("rerank"));
    }

    private static int[] one(OptionalInt token) {
        return token.isPresent() ? new int[] {token.getAsInt()} : new int[0];
    }

    private static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }

    int[] tokens(String query, String document) {
        if (template.isPresent()) {
            return filled(template.get(), query, document);
        }
        return join(begin, plain(query), between, plain(document), end);
    }

    private int[] plain(String text) {
        return tokenizer.encode(text, false, false);
    }

    /** As one text where that cannot be misread, since tokens may reach over its joints; else piece by piece. */
    private int[] filled(String source, String query, String document) {
        if (harmless(query) && harmless(document)) {
            String text = PLACE.matcher(source)
                    .replaceAll(place -> Matcher.quoteReplacement(place.group(1).equals("query") ? query : document));
            return tokenizer.encode(text, false, true);
        }
        int[] tokens = {};
        int from = 0;
        for (Matcher place = PLACE.matcher(source); place.find(); from = place.end()) {
            tokens = join(
                    tokens,
                    tokenizer.encode(source.substring(from, place.start()), false, true),
                    plain(place.group(1).equals("query") ? query : document));
        }
        return join(tokens, tokenizer.encode(source.substring(from), false, true));
    }

    /** Whether a text spells no control token. */
    private boolean harmless(String text) {
        return Arrays.equals(plain(text), tokenizer.encode(text, false, true));
    }
}
