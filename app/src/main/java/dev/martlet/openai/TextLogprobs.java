package dev.martlet.openai;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Log probabilities in the older endpoint's shape: four lists, one element per token. A token that is no whole
 * characters is told as {@code bytes:\xe2\x82}.
 */
final class TextLogprobs {

    private TextLogprobs() {}

    /** Appends the object, or null where it is not wanted. */
    static void write(JsonBuffer out, boolean wanted, List<TokenLogprob> tokens) {
        if (!wanted) {
            out.raw("null");
            return;
        }
        out.raw("{\"tokens\":[");
        for (int i = 0; i < tokens.size(); i++) {
            out.raw(i == 0 ? "" : ",").string(text(tokens.get(i).bytes()));
        }
        out.raw("],\"token_logprobs\":[");
        for (int i = 0; i < tokens.size(); i++) {
            out.raw(i == 0 ? "" : ",").raw(tokens.get(i).number());
        }
        out.raw("],\"top_logprobs\":[");
        for (int i = 0; i < tokens.size(); i++) {
            out.raw(i == 0 ? "" : ",");
            writeTop(out, tokens.get(i));
        }
        out.raw("],\"text_offset\":[");
        for (int i = 0; i < tokens.size(); i++) {
            out.raw(i == 0 ? "" : ",").number(tokens.get(i).offset());
        }
        out.raw("]}");
    }

    /** The likeliest tokens, and the chosen one if it is not among them. */
    private static void writeTop(JsonBuffer out, TokenLogprob token) {
        if (!token.known()) {
            out.raw("null");
            return;
        }
        Map<String, String> top = new LinkedHashMap<>();
        // Two tokens may have the same text; the first is the likelier.
        token.top().forEach(other -> top.putIfAbsent(text(other.bytes()), other.number()));
        top.putIfAbsent(text(token.bytes()), token.number());
        out.raw("{");
        String comma = "";
        for (Map.Entry<String, String> entry : top.entrySet()) {
            out.raw(comma).string(entry.getKey()).raw(":").raw(entry.getValue());
            comma = ",";
        }
        out.raw("}");
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder escaped = new StringBuilder("bytes:");
            for (byte b : bytes) {
                escaped.append(String.format("\\x%02x", b & 0xFF));
            }
            return escaped.toString();
        }
    }
}
