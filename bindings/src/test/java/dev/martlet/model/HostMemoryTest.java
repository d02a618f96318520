package dev.martlet.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path root;

    private void file(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    @Test
    void shouldReadWhatTheKernelTells() throws IOException {
        file("proc/meminfo", "MemTotal:       16777216 kB\nMemAvailable:    8388608 kB");
        assertThat(HostMemory.read(root))
                .isEqualTo(new HostMemory(OptionalLong.of(16 * GIB), OptionalLong.of(8 * GIB), OptionalLong.empty()));
    }

    @Test
    void shouldTakeTheSmallestBoundOfTheCgroups() throws IOException {
        file("proc/self/cgroup", "0::/pod/box");
        file("sys/fs/cgroup/pod/box/memory.max", "max");
        file("sys/fs/cgroup/pod/memory.max", Long.toString(4 * GIB));
        file("sys/fs/cgroup/memory.max", Long.toString(6 * GIB));
        assertThat(HostMemory.read(root).limit()).hasValue(4 * GIB);
    }

    @Test
    void shouldKnowNothingWhereNothingIsTold() {
        assertThat(HostMemory.read(root))
                .isEqualTo(new HostMemory(OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty()));
    }
}
