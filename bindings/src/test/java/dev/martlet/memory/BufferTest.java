package dev.martlet.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.memory.Buffer.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BufferTest {

    @Test
    void shouldTakeTheSmallestGapThatHolds() {
        Buffer buffer = new Buffer();
        Piece large = buffer.take(640);
        buffer.take(64);
        Piece small = buffer.take(128);
        buffer.take(64);
        buffer.free(large);
        buffer.free(small);
        assertThat(buffer.take(100)).as("rounded up to 128").isEqualTo(small);
        assertThat(buffer.take(128).from()).isEqualTo(large.from());
        assertThat(buffer.size()).isEqualTo(640 + 64 + 128 + 64);
        assertThat(buffer.take(640).from()).as("the end").isEqualTo(896);
    }

    @Test
    void shouldJoinGaps() {
        Buffer buffer = new Buffer();
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            pieces.add(buffer.take(64));
        }
        buffer.free(pieces.get(0));
        buffer.free(pieces.get(2));
        buffer.free(pieces.get(1));
        assertThat(buffer.take(192).from()).isZero();
        buffer.free(pieces.get(3));
        assertThat(buffer.take(1_000).from()).as("joined with the end").isEqualTo(192);
    }

    /** Pieces never overlap, and the end is no further than the largest sum at a time needs with gaps. */
    @Test
    void shouldKeepPiecesApart() {
        long seed = 20_261_123;
        Random random = new Random(seed);
        Buffer buffer = new Buffer();
        List<Piece> taken = new ArrayList<>();
        for (int round = 0; round < 5_000; round++) {
            if (taken.size() < 3 || random.nextInt(3) > 0 && taken.size() < 40) {
                Piece fresh = buffer.take(1 + random.nextInt(5_000));
                for (Piece other : taken) {
                    assertThat(fresh.from() + fresh.bytes() <= other.from()
                                    || other.from() + other.bytes() <= fresh.from())
                            .as("seed " + seed + ", round " + round)
                            .isTrue();
                }
                taken.add(fresh);
            } else {
                buffer.free(taken.remove(random.nextInt(taken.size())));
            }
        }
        taken.forEach(buffer::free);
        assertThat(buffer.take(1_000_000).from()).as("all free again").isZero();
    }
}
