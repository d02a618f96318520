package dev.martlet.bench;

import dev.martlet.chat.template.PromptRenderer;
import dev.martlet.chat.toolcall.ToolCallFormats;
import dev.martlet.engine.ByteTokens;
import dev.martlet.engine.Engine;
import dev.martlet.engine.IdleEngine;
import dev.martlet.engine.Sampling;
import dev.martlet.server.MartletServer;
import dev.martlet.server.ServedModel;
import dev.martlet.server.ServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Streamed answers from the request's bytes to the client's last, over a model that costs nothing: what a token costs in
 * the engine, the detokenizer, the search for stop strings, the tool-call parser, the chunk writer, the sockets, and a
 * client that only counts bytes. {@code --prof gc} adds the bytes that it allocates, the client's buffer among them.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 5, time = 3)
@Measurement(iterations = 3, time = 3)
public class StreamBenchmark {
    private static final int ANSWER = 256;

    /** Streams at once. */
    @Param({"1", "64"})
    public int streams;

    private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
    private Engine engine;
    private MartletServer server;
    private byte[] request;

    @Setup
    public void start() {
        engine = IdleEngine.start(streams);
        server = MartletServer.start(
                ServerConfig.defaults().withPort(0),
                new ServedModel(
                        new ServedModel.Card("idle", Instant.EPOCH, "bench", "b-bench", 8_192),
                        Sampling.greedy(),
                        ByteTokens.vocabulary(),
                        new ByteTokens(),
                        OptionalInt.empty(),
                        PromptRenderer.of(Optional.empty(), Map.of()),
                        ToolCallFormats.byId("hermes").orElseThrow(),
                        marker -> false,
                        engine::submit,
                        Optional.empty()));
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"go on\"}],\"stream\":true,"
                + "\"stop\":[\"the end\",\"zz\"],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],"
                + "\"max_tokens\":" + ANSWER + "}";
        request = ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    @TearDown
    public void stop() {
        clients.close();
        server.close();
        engine.close();
    }

    /** All streams, begun at once. */
    @Benchmark
    public void answers(TokenCounter counter) throws InterruptedException, ExecutionException {
        List<Future<?>> answers = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            answers.add(clients.submit(this::stream));
        }
        for (Future<?> answer : answers) {
            answer.get();
        }
        counter.tokens += (long) streams * ANSWER;
    }

    private Void stream() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream().write(request);
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[16_384];
            long bytes = 0;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                bytes += count;
            }
            if (bytes < ANSWER * 50L) {
                throw new IOException("a short answer: " + bytes + " bytes");
            }
            return null;
        }
    }
}
