package dev.martlet.bench.serving;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads an HTTP/1.1 answer of server-sent events line by line, for little work a line: two cores are shared with the
 * server that is measured. Bodies are chunked or end with the connection. Not thread-safe.
 */
final class EventReader {
    private static final byte[] DATA = ascii("data: ");
    private static final byte[] TEXT = ascii("content\":\"");
    private static final byte[] USAGE = ascii("\"usage\":{");
    private static final byte[] ERROR = ascii("\"error\":{");
    private static final byte[] DONE = ascii("data: [DONE]");

    private final InputStream in;
    private final byte[] buffer = new byte[32 * 1024];
    private int position;
    private int limit;
    private long readAt;

    private boolean chunked;
    // Bytes left of the chunk that is being read; meaningless where the body is not chunked.
    private long chunkLeft;
    private boolean ended;

    private byte[] line = new byte[4096];
    private int length;

    EventReader(InputStream in) {
        this.in = in;
    }

    /** Reads the status line and the header fields; returns the status. Call once, before {@link #next}. */
    int head() throws IOException {
        String status = headerLine();
        String[] parts = status.split(" ", 3);
        if (parts.length < 2 || !parts[0].startsWith("HTTP/1.")) {
            throw new ProtocolException("not an HTTP/1.1 answer: " + status);
        }
        for (String field = headerLine(); !field.isEmpty(); field = headerLine()) {
            String lower = field.toLowerCase(Locale.ROOT);
            chunked |= lower.startsWith("transfer-encoding:") && lower.endsWith("chunked");
        }
        return Integer.parseInt(parts[1]);
    }

    /** Reads the next line of the body, without its end; false after the last one. */
    boolean next() throws IOException {
        length = 0;
        for (int b = bodyByte(); b >= 0; b = bodyByte()) {
            if (b == '\n') {
                return true;
            }
            if (b != '\r') {
                append((byte) b);
            }
        }
        return length > 0;
    }

    /** When the last bytes came off the socket, as {@link System#nanoTime} tells it. */
    long readAt() {
        return readAt;
    }

    boolean isData() {
        return startsWith(DATA);
    }

    /** Whether the line is the one that ends the stream. */
    boolean isDone() {
        return startsWith(DONE);
    }

    /** Whether the line carries text of the answer: some content that is not empty. */
    boolean hasText() {
        int at = find(TEXT);
        return at >= 0 && at + TEXT.length < length && line[at + TEXT.length] != '"';
    }

    boolean hasUsage() {
        return find(USAGE) >= 0;
    }

    boolean hasError() {
        return find(ERROR) >= 0;
    }

    /** The line without "data: ", where it has that. */
    String data() {
        int from = isData() ? DATA.length : 0;
        return new String(line, from, length - from, StandardCharsets.UTF_8);
    }

    /** What is left of the body, at most so many bytes, for a message. */
    String rest(int most) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.length() < most && next()) {
            text.append(data()).append(' ');
        }
        return text.length() > most ? text.substring(0, most) : text.toString().strip();
    }

    private boolean startsWith(byte[] prefix) {
        return length >= prefix.length && Arrays.equals(line, 0, prefix.length, prefix, 0, prefix.length);
    }

    private int find(byte[] needle) {
        for (int i = 0; i <= length - needle.length; i++) {
            if (line[i] == needle[0] && Arrays.equals(line, i, i + needle.length, needle, 0, needle.length)) {
                return i;
            }
        }
        return -1;
    }

    private void append(byte b) {
        if (length == line.length) {
            line = Arrays.copyOf(line, 2 * length);
        }
        line[length++] = b;
    }

    private String headerLine() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int b = read(); b != '\n'; b = read()) {
            if (b < 0) {
                throw new EOFException("the connection ended within the answer's head");
            }
            if (b != '\r') {
                text.append((char) b);
            }
        }
        return text.toString();
    }

    private int bodyByte() throws IOException {
        if (ended) {
            return -1;
        }
        if (!chunked) {
            int b = read();
            ended = b < 0;
            return b;
        }
        if (chunkLeft == 0 && !nextChunk()) {
            ended = true;
            return -1;
        }
        int b = read();
        if (b < 0) {
            throw new EOFException("the connection ended within a chunk");
        }
        if (--chunkLeft == 0) {
            headerLine(); // the line end after a chunk
        }
        return b;
    }

    private boolean nextChunk() throws IOException {
        String size = headerLine();
        int extension = size.indexOf(';');
        try {
            chunkLeft = Long.parseLong((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
        } catch (NumberFormatException e) {
            throw new ProtocolException("not a chunk's size: " + size);
        }
        return chunkLeft > 0;
    }

    private int read() throws IOException {
        if (position == limit) {
            limit = Math.max(0, in.read(buffer));
            position = 0;
            readAt = System.nanoTime();
            if (limit == 0) {
                return -1;
            }
        }
        return buffer[position++] & 0xff;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
