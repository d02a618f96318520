package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class SetupTest {
    private static final Path LAUNCHER = Path.of("/martlet");
    private static final Path PEER = Path.of("/llama-server");

    @Test
    void shouldStartOursFirstAndThePeerInThreeWays() {
        List<Setup> setups = Setup.all(LAUNCHER, PEER, 8);

        assertThat(setups).extracting(Setup::ours).containsExactly(true, false, false, false);
        assertThat(setups.get(0).command(Path.of("m.gguf"), 81, 2, 4096))
                .containsExactly(
                        "/martlet",
                        "serve",
                        "--model",
                        "m.gguf",
                        "--host",
                        "127.0.0.1",
                        "--port",
                        "81",
                        "--threads",
                        "2",
                        "--ctx-size",
                        "4096",
                        "--drafts",
                        "0");
        assertThat(setups.get(1).command(Path.of("m.gguf"), 81, 2, 4096)).endsWith("--ctx-size", "4096");
        assertThat(setups.get(2).flags()).containsExactly("-np", "16", "--kv-unified");
        assertThat(setups.get(3).flags()).containsExactly("-np", "16", "--no-kv-unified");
    }

    @Test
    void shouldGiveEveryClientASlot() {
        List<Setup> setups = Setup.all(LAUNCHER, PEER, 64);

        assertThat(setups.get(0).flags()).containsExactly("--drafts", "0", "--parallel", "64");
        assertThat(setups.get(2).flags()).containsExactly("-np", "64", "--kv-unified");
    }

    @Test
    void shouldMakeRoomForEachClientEvenInItsPart() {
        FanOut workload = new FanOut("fanout", 64, 10, 300, 16);
        int cells = Setup.cells(workload);

        assertThat(cells % (64 * 256)).isZero();
        assertThat(cells / 64).isGreaterThanOrEqualTo(workload.tokensPerClient());
        assertThat(Setup.cells(new Single(900, 1024, 128)) / 16).isGreaterThanOrEqualTo(1024);
    }
}
