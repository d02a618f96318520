package dev.martlet.engine;

import dev.martlet.grammar.GrammarMatcher;
import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Turns the bytes that must come next into tokens, the ones that the tokenizer gives for them behind the text before. A
 * last token that more text could still change is left to be sampled, and where the tokens before are not what the
 * tokenizer would have given, so is everything. For one request and one thread at a time.
 */
final class ForcedText {

    /** Tokens before the forced bytes that are looked at: words hardly ever have more. */
    private static final int MOST_TAIL = 4;

    /** Most bytes at once: readers of the stream must keep up. */
    private static final int MOST_BYTES = 256;

    private static final int[] NONE = {};

    private final Tokenizer tokenizer;
    private final Vocabulary vocabulary;
    private final int[] tail = new int[MOST_TAIL];
    private int tailSize;

    ForcedText(Tokenizer tokenizer, Vocabulary vocabulary) {
        this.tokenizer = tokenizer;
        this.vocabulary = vocabulary;
    }

    /** Notes a token of output. */
    void follow(int token) {
        if (vocabulary.isControl(token)) {
            tailSize = 0;
            return;
        }
        if (tailSize == MOST_TAIL) {
            System.arraycopy(tail, 1, tail, 0, --tailSize);
        }
        tail[tailSize++] = token;
    }

    /** The tokens that must come next, which the matcher has then accepted; often none. */
    int[] tokens(GrammarMatcher matcher) {
        byte[] all = matcher.forced();
        if (all.length < 2) {
            return NONE;
        }
        byte[] forced = Arrays.copyOf(all, Math.min(all.length, MOST_BYTES));
        int[] tokens = encode(tailSize, forced);
        if (tokens.length == 0 && tailSize > 1) {
            tokens = encode(1, forced);
        }
        int accepted = 0;
        while (accepted < tokens.length && matcher.accept(tokens[accepted])) {
            accepted++;
        }
        if (accepted > 0 && !matcher.finished()) {
            matcher.rollback(1);
            accepted--;
        }
        int[] sure = Arrays.copyOf(tokens, accepted);
        for (int token : sure) {
            follow(token);
        }
        return sure;
    }

    /** The tokens of the forced bytes behind the last {@code before} tokens; none where these come out differently. */
    private int[] encode(int before, byte[] forced) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = tailSize - before; i < tailSize; i++) {
            bytes.writeBytes(vocabulary.bytes(tail[i]));
        }
        bytes.writeBytes(forced);
        Optional<String> text = text(bytes.toByteArray());
        if (text.isEmpty()) {
            return NONE;
        }
        int[] tokens = tokenizer.encode(text.get(), false, false);
        boolean same = tokens.length > before
                && Arrays.equals(tokens, 0, before, tail, tailSize - before, tailSize)
                && Arrays.stream(tokens).noneMatch(vocabulary::isControl);
        return same ? Arrays.copyOfRange(tokens, before, tokens.length) : NONE;
    }

    /** The bytes as characters, a last one that is cut off left out; empty where they begin within one. */
    private static Optional<String> text(byte[] bytes) {
        int size = bytes.length;
        for (int cut = 0; cut < 4 && cut < size; cut++) {
            try {
                return Optional.of(StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .decode(ByteBuffer.wrap(bytes, 0, size - cut))
                        .toString());
            } catch (CharacterCodingException e) {
                // Perhaps its last character is not whole.
            }
        }
        return Optional.empty();
    }
}
