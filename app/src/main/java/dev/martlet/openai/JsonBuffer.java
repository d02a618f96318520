package dev.martlet.openai;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Growing UTF-8 bytes with JSON's escapes: what every answer is written into. Not thread-safe; made to be used again
 * after {@link #clear()}, so that a stream's chunks allocate nothing.
 */
public final class JsonBuffer {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes;
    private int size;

    public JsonBuffer(int capacity) {
        bytes = new byte[capacity];
    }

    public int size() {
        return size;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    public void writeTo(OutputStream out) throws IOException {
        out.write(bytes, 0, size);
    }

    public JsonBuffer clear() {
        size = 0;
        return this;
    }

    /** Appends bytes as they are. */
    public JsonBuffer raw(byte[] text) {
        reserve(text.length);
        System.arraycopy(text, 0, bytes, size, text.length);
        size += text.length;
        return this;
    }

    /** Appends ASCII text as it is. */
    @SuppressWarnings("deprecation") // the one call that copies ASCII without an array between
    public JsonBuffer raw(String ascii) {
        reserve(ascii.length());
        ascii.getBytes(0, ascii.length(), bytes, size);
        size += ascii.length();
        return this;
    }

    public JsonBuffer number(long value) {
        return raw(Long.toString(value));
    }

    public JsonBuffer stringOrNull(Optional<String> text) {
        return text.isPresent() ? string(text.get()) : raw("null");
    }

    /** Appends a JSON string with its quotes; a lone surrogate becomes U+FFFD. */
    public JsonBuffer string(CharSequence text) {
        int length = text.length();
        reserve(length + 2);
        bytes[size++] = '"';
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            // Room for this character at its longest (six bytes of an escape), the rest at one byte, and the quote.
            reserve(6 + length - i);
            if (c < 0x80) {
                ascii(c);
            } else if (!Character.isSurrogate(c)) {
                multibyte(c);
            } else if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
                multibyte(Character.toCodePoint(c, text.charAt(++i)));
            } else {
                multibyte(0xFFFD);
            }
        }
        bytes[size++] = '"';
        return this;
    }

    private void ascii(char c) {
        if (c >= 0x20 && c != '"' && c != '\\') {
            bytes[size++] = (byte) c;
            return;
        }
        bytes[size++] = '\\';
        switch (c) {
            case '"', '\\' -> bytes[size++] = (byte) c;
            case '\n' -> bytes[size++] = 'n';
            case '\r' -> bytes[size++] = 'r';
            case '\t' -> bytes[size++] = 't';
            default -> {
                bytes[size++] = 'u';
                bytes[size++] = '0';
                bytes[size++] = '0';
                bytes[size++] = HEX[c >> 4];
                bytes[size++] = HEX[c & 15];
            }
        }
    }

    private void multibyte(int codePoint) {
        if (codePoint < 0x800) {
            bytes[size++] = (byte) (0xC0 | codePoint >> 6);
        } else {
            if (codePoint < 0x10000) {
                bytes[size++] = (byte) (0xE0 | codePoint >> 12);
            } else {
                bytes[size++] = (byte) (0xF0 | codePoint >> 18);
                bytes[size++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
            }
            bytes[size++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
        }
        bytes[size++] = (byte) (0x80 | codePoint & 0x3F);
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }
}
