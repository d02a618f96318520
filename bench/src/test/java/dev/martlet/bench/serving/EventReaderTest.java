package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventReaderTest {
    private static final String HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String LONG = "x".repeat(10_000);
    private static final String BODY =
            "data: {\"a\":\"\u00e9\"}\r\n\r\ndata: " + LONG + "\n\n: comment\n\ndata: [DONE]\n\n";

    @Test
    void shouldReadLinesHoweverTheyAreCut() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 200; i++) {
            int chunk = random.nextInt(1, 300);
            int read = random.nextInt(1, 300);
            EventReader reader = new EventReader(cut(HEAD + chunked(BODY, chunk), read));

            assertThat(reader.head()).isEqualTo(200);
            assertThat(lines(reader))
                    .as("chunks of %d, reads of %d", chunk, read)
                    .containsExactly("{\"a\":\"\u00e9\"}", "", LONG, "", ": comment", "", "[DONE]", "");
        }
    }

    @Test
    void shouldReadABodyThatEndsWithTheConnection() throws IOException {
        EventReader reader = reader("HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\n\r\nno room\nnow");

        assertThat(reader.head()).isEqualTo(503);
        assertThat(reader.rest(100)).isEqualTo("no room now");
    }

    @Test
    void shouldTellTextFromWhatHasNone() throws IOException {
        assertThat(line("{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}")
                        .hasText())
                .isTrue();
        assertThat(line("{\"choices\":[{\"delta\":{\"reasoning_content\":\"\\\"\"}}]}")
                        .hasText())
                .isTrue();
        assertThat(line("{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}")
                        .hasText())
                .isFalse();
        assertThat(line("{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}")
                        .hasText())
                .isFalse();
        assertThat(line("{\"choices\":[{\"delta\":{}}]}").hasText()).isFalse();
    }

    @Test
    void shouldKnowTheOtherEvents() throws IOException {
        assertThat(line("[DONE]").isDone()).isTrue();
        assertThat(line("{\"usage\":{\"prompt_tokens\":1}}").hasUsage()).isTrue();
        assertThat(line("{\"usage\":null}").hasUsage()).isFalse();
        assertThat(line("{\"error\":{\"message\":\"no\"}}").hasError()).isTrue();
    }

    @Test
    void shouldFailOnWhatIsCutOff() {
        assertThatThrownBy(() -> lines(read(HEAD + "20\r\ndata: a"))).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> read("HTTP/1.1 200 OK\r\nTransfer-")).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> lines(read(HEAD + "zz\r\n"))).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> read("SSH-2.0\r\n")).isInstanceOf(ProtocolException.class);
    }

    private static EventReader line(String data) throws IOException {
        EventReader reader = read(HEAD + chunked("data: " + data + "\n\n", 4096));
        assertThat(reader.next()).isTrue();
        assertThat(reader.isData()).isTrue();
        return reader;
    }

    private static EventReader read(String answer) throws IOException {
        EventReader reader = reader(answer);
        reader.head();
        return reader;
    }

    private static EventReader reader(String answer) {
        return new EventReader(cut(answer, 4096));
    }

    private static List<String> lines(EventReader reader) throws IOException {
        List<String> lines = new ArrayList<>();
        while (reader.next()) {
            lines.add(reader.data());
        }
        return lines;
    }

    private static String chunked(String body, int size) {
        // Latin-1 stands for bytes here.
        String bytes = new String(body.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        StringBuilder chunks = new StringBuilder();
        for (int at = 0; at < bytes.length(); at += size) {
            String chunk = bytes.substring(at, Math.min(bytes.length(), at + size));
            chunks.append(Integer.toHexString(chunk.length()))
                    .append("\r\n")
                    .append(chunk)
                    .append("\r\n");
        }
        return chunks + "0\r\n\r\n";
    }

    /** The bytes, at most so many a read. */
    private static InputStream cut(String latin, int size) {
        return new ByteArrayInputStream(latin.getBytes(StandardCharsets.ISO_8859_1)) {
            @Override
            public synchronized int read(byte[] to, int from, int length) {
                return super.read(to, from, Math.min(length, size));
            }
        };
    }
}
