package dev.martlet.server;

import dev.martlet.engine.ScriptedStepRunner;
import dev.martlet.engine.StepRunner;
import dev.martlet.model.Tokenizer;
import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** One token per byte, one that ends, and a control token for each marker of a model family. */
final class DialectTokens implements Tokenizer {
    private static final int END = 256;

    private final List<String> controls;
    private final Vocabulary vocabulary;

    DialectTokens(List<String> controls) {
        this.controls = controls;
        var bytes = new ByteArrayOutputStream();
        int size = END + 1 + controls.size();
        int[] offsets = new int[size + 1];
        int[] flags = new int[size];
        for (int token = 0; token < size; token++) {
            if (token < END) {
                bytes.write(token);
                flags[token] = 8;
            } else {
                String spelling = token == END ? "<|the end|>" : controls.get(token - END - 1);
                bytes.writeBytes(spelling.getBytes(StandardCharsets.UTF_8));
                flags[token] = token == END ? 3 : 1;
            }
            offsets[token + 1] = bytes.size();
        }
        vocabulary = new Vocabulary(offsets, bytes.toByteArray(), flags);
    }

    Vocabulary vocabulary() {
        return vocabulary;
    }

    StepRunner.Limits limits() {
        return new StepRunner.Limits(32_768, 32_768, 512, 128, 32, true, vocabulary.size(), Integer.MAX_VALUE, 0);
    }

    /** A model that answers prompts with texts, markers as their tokens. */
    ScriptedStepRunner.Script answering(Function<String, String> answer) {
        return (prompt, tokens, length, output) -> {
            int[] text = encode(answer.apply(text(prompt)), false, true);
            return output < text.length ? text[output] : END;
        };
    }

    @Override
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
        var tokens = new int[text.length() * 3];
        int size = 0;
        int at = 0;
        while (at < text.length()) {
            int control = parseSpecial ? controlAt(text, at) : -1;
            if (control >= 0) {
                tokens[size++] = END + 1 + control;
                at += controls.get(control).length();
                continue;
            }
            int end = text.offsetByCodePoints(at, 1);
            for (byte b : text.substring(at, end).getBytes(StandardCharsets.UTF_8)) {
                tokens[size++] = b & 0xFF;
            }
            at = end;
        }
        return Arrays.copyOf(tokens, size);
    }

    private int controlAt(String text, int at) {
        for (int i = 0; i < controls.size(); i++) {
            if (text.startsWith(controls.get(i), at)) {
                return i;
            }
        }
        return -1;
    }

    private String text(int[] tokens) {
        var bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            bytes.writeBytes(vocabulary.bytes(token));
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
