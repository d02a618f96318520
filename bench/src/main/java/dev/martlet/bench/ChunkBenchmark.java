package dev.martlet.bench;

import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.openai.AnswerHeader;
import dev.martlet.openai.ChunkWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
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
import org.openjdk.jmh.annotations.Warmup;

/** The cost of one server-sent event: a token's text escaped into a chunk and handed to a stream that drops it. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChunkBenchmark {

    /** The token's text. */
    @Param({" token", "\"quoted\"\n", "\u65e5\u672c\u8a9e"})
    public String text;

    private final OutputStream nowhere = OutputStream.nullOutputStream();
    private ChunkWriter writer;
    private ChatEvent event;

    @Setup
    public void open() {
        writer = new ChunkWriter(
                new AnswerHeader("chatcmpl-0123456789", Instant.EPOCH, "a-model", "fp_0123456789", false, false),
                false);
        event = new ChatEvent.Content(text);
    }

    @Benchmark
    public void chunk() throws IOException {
        writer.event(0, event, List.of());
        writer.sendTo(nowhere);
    }
}
