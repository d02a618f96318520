package dev.martlet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.EngineOptions;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many streams at once, more than there is room for: each gets its own answer, whole and in order. */
@Timeout(300)
class ManyStreamsIT {
    private static final int STREAMS = 500;
    private static final int LETTERS = 60;
    private static final Pattern RETRY = Pattern.compile("(?i)\r\nretry-after-ms: ([0-9]+)\r\n");

    /** Letters that follow from the prompt alone. */
    private static int next(int[] prompt, int[] tokens, int length, int output) {
        return output < LETTERS ? letter(Arrays.hashCode(prompt), output) : ByteTokens.END;
    }

    private static int letter(int seed, int output) {
        return 'a' + Math.floorMod((seed + output) * 0x9E3779B1 >> 7, 26);
    }

    private static String expected(String user) {
        int seed =
                Arrays.hashCode(ByteTokens.tokens("<|im_start|>user\n" + user + "<|im_end|>\n<|im_start|>assistant\n"));
        StringBuilder text = new StringBuilder();
        for (int output = 0; output < LETTERS; output++) {
            text.append((char) letter(seed, output));
        }
        return text.toString();
    }

    @Test
    void shouldNeitherLoseNorMixUpAny() throws Exception {
        EngineOptions options = EngineOptions.defaults()
                .withMaxSequences(32)
                .withBatchTokens(256)
                .withQueueLimit(200);
        AtomicInteger refused = new AtomicInteger();
        try (ServerRig rig = new ServerRig(ServerRig.config(), options, ManyStreamsIT::next);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            // Nothing is served until the queue is full once.
            CountDownLatch full = new CountDownLatch(1);
            rig.runner.beforeStep(() -> awaitQuietly(full));
            CountDownLatch connected = new CountDownLatch(STREAMS);
            List<Callable<String>> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                String user = "client " + i * 7_919;
                streams.add(() -> {
                    RawClient first = rig.raw();
                    connected.countDown();
                    connected.await();
                    return answer(rig, first, user, refused, full);
                });
            }
            List<Future<String>> answers = clients.invokeAll(streams);
            for (int i = 0; i < STREAMS; i++) {
                assertThat(answers.get(i).get()).as("stream %s", i).isEqualTo(expected("client " + i * 7_919));
            }
            assertThat(refused).hasPositiveValue();
            assertThat(rig.engine.metrics().rejectedRequests()).isEqualTo(refused.get());
            assertThat(rig.engine.metrics().ended()).isEqualTo(STREAMS);
            assertThat(rig.engine.metrics().cancelled() + rig.engine.metrics().failed())
                    .isZero();
            ServerRig.await("the last answer's end", () -> rig.server.running() == 0);
            assertThat(rig.runner.openSamplers()).isZero();
        }
    }

    /** The text of a stream; a client that is refused comes back when it is told to. */
    private static String answer(
            ServerRig rig, RawClient first, String user, AtomicInteger refused, CountDownLatch full)
            throws InterruptedException {
        String response = exchange(first, user);
        for (Matcher retry = RETRY.matcher(response); retry.find(); retry = RETRY.matcher(response)) {
            assertThat(response).startsWith("HTTP/1.1 429");
            refused.incrementAndGet();
            full.countDown();
            // The pause until the queue was full is in the forecast.
            Thread.sleep(Math.min(500, Long.parseLong(retry.group(1))));
            response = exchange(rig.raw(), user);
        }
        assertThat(response).startsWith("HTTP/1.1 200");
        return text(response);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String exchange(RawClient client, String user) {
        try (client) {
            return client.post(ServerRig.body(user, "\"stream\":true")).readAll();
        }
    }

    private static String text(String response) {
        String events =
                response.lines().filter(line -> line.startsWith("data: ")).collect(Collectors.joining("\n\n"));
        return ServerRig.chunks(events).stream()
                .map(chunk -> chunk.getJsonArray("choices").getJsonObject(0).getJsonObject("delta"))
                .map((JsonObject delta) -> delta.getString("content", ""))
                .collect(Collectors.joining());
    }
}
