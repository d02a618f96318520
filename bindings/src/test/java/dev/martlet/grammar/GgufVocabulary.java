package dev.martlet.grammar;

import dev.martlet.model.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The vocabulary and the tokenizer of a GGUF file with byte-level BPE and Llama 3's splitting into words, read without
 * the native library. For measuring only.
 */
public final class GgufVocabulary {

    private static final Pattern WORDS =
            Pattern.compile("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
    private static final int CONTROL = 3;

    private final Map<String, Object> values = new HashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<String, Integer> ranks = new HashMap<>();
    private final Vocabulary vocabulary;

    /** @throws IOException also when the file is no GGUF file */
    public GgufVocabulary(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            read(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).order(ByteOrder.LITTLE_ENDIAN));
        }
        List<?> tokens = (List<?>) values.get("tokenizer.ggml.tokens");
        List<?> types = (List<?>) values.get("tokenizer.ggml.token_type");
        List<?> merges = (List<?>) values.get("tokenizer.ggml.merges");
        for (int i = 0; i < merges.size(); i++) {
            ranks.put((String) merges.get(i), i);
        }
        Map<Integer, Integer> byteOf = new HashMap<>();
        for (int b = 0; b < 256; b++) {
            byteOf.put((int) letter(b), b);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int[] offsets = new int[tokens.size() + 1];
        int[] flags = new int[tokens.size()];
        Object eos = values.get("tokenizer.ggml.eos_token_id");
        for (int t = 0; t < flags.length; t++) {
            String token = (String) tokens.get(t);
            boolean control = ((Number) types.get(t)).intValue() == CONTROL;
            if (control) {
                bytes.writeBytes(token.getBytes(StandardCharsets.UTF_8));
            } else {
                ids.put(token, t);
                token.chars().forEach(c -> bytes.write(byteOf.get(c)));
            }
            boolean end = token.equals("<|eot_id|>") || eos instanceof Number n && n.intValue() == t;
            flags[t] = (control ? 1 : 0) + (end ? 2 : 0);
            offsets[t + 1] = bytes.size();
        }
        this.vocabulary = new Vocabulary(offsets, bytes.toByteArray(), flags);
    }

    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** How byte-level BPE writes a byte: printable ones as themselves, the others from 256 on. */
    private static char letter(int b) {
        int shifted = 256;
        for (int c = 0; c < b; c++) {
            shifted += isPrintable(c) ? 0 : 1;
        }
        return (char) (isPrintable(b) ? b : shifted);
    }

    private static boolean isPrintable(int b) {
        return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
    }

    private void read(ByteBuffer in) throws IOException {
        if (in.getInt() != 0x46554747) {
            throw new IOException("not a GGUF file");
        }
        in.getInt();
        in.getLong();
        long count = in.getLong();
        for (long i = 0; i < count; i++) {
            String key = string(in);
            values.put(key, value(in, in.getInt()));
        }
    }

    private static String string(ByteBuffer in) {
        byte[] bytes = new byte[(int) in.getLong()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Object value(ByteBuffer in, int type) throws IOException {
        return switch (type) {
            case 0, 1, 7 -> (int) in.get();
            case 2, 3 -> (int) in.getShort();
            case 4, 5 -> in.getInt();
            case 6 -> in.getFloat();
            case 8 -> string(in);
            case 10, 11 -> in.getLong();
            case 12 -> in.getDouble();
            case 9 -> {
                int of = in.getInt();
                long length = in.getLong();
                List<Object> list = new ArrayList<>();
                for (long i = 0; i < length; i++) {
                    list.add(value(in, of));
                }
                yield list;
            }
            default -> throw new IOException("unknown value type " + type);
        };
    }

    /** The tokens of a text. */
    public int[] encode(String text) {
        List<Integer> out = new ArrayList<>();
        Matcher words = WORDS.matcher(text);
        while (words.find()) {
            StringBuilder letters = new StringBuilder();
            for (byte b : words.group().getBytes(StandardCharsets.UTF_8)) {
                letters.append(letter(b & 0xff));
            }
            encodeWord(letters.toString(), out);
        }
        return out.stream().mapToInt(i -> i).toArray();
    }

    private void encodeWord(String word, List<Integer> out) {
        if (ids.containsKey(word)) {
            out.add(ids.get(word));
            return;
        }
        List<String> parts = new ArrayList<>(List.of(word.split("")));
        while (true) {
            int best = -1;
            int rank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < parts.size(); i++) {
                int r = ranks.getOrDefault(parts.get(i) + " " + parts.get(i + 1), Integer.MAX_VALUE);
                if (r < rank) {
                    rank = r;
                    best = i;
                }
            }
            if (best < 0) {
                break;
            }
            parts.set(best, parts.get(best) + parts.remove(best + 1));
        }
        parts.forEach(part -> out.add(ids.get(part)));
    }
}
