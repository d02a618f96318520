package dev.martlet.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path root;

    private void file(String path, String text) {
        try {
            Files.createDirectories(root.resolve(path).getParent());
            Files.writeString(root.resolve(path), text + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void cpu(int cpu, String siblings) {
        file("sys/devices/system/cpu/cpu" + cpu + "/topology/thread_siblings_list", siblings);
    }

    private void allowed(String cpus) {
        file("proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + cpus + "\nThreads:\t20");
    }

    @Test
    void shouldCountSiblingsOnce() {
        allowed("0-7");
        for (int cpu = 0; cpu < 8; cpu++) {
            cpu(cpu, cpu % 4 + "," + (cpu % 4 + 4));
        }
        assertThat(Machine.read(root, 8)).isEqualTo(new Machine(8, 4, java.util.OptionalLong.empty()));
    }

    @Test
    void shouldCountOnlyCoresThatAffinityAllows() {
        allowed("0-1,4");
        for (int cpu = 0; cpu < 8; cpu++) {
            cpu(cpu, cpu % 4 + "," + (cpu % 4 + 4));
        }
        assertThat(Machine.read(root, 3).cores()).as("0 and 4 are one core").isEqualTo(2);
    }

    @Test
    void shouldNotUseMoreThanTheQuota() {
        allowed("0-7");
        for (int cpu = 0; cpu < 8; cpu++) {
            cpu(cpu, Integer.toString(cpu));
        }
        assertThat(Machine.read(root, 3).cores()).isEqualTo(3);
    }

    @Test
    void shouldTakeProcessorsWhereNothingIsTold() {
        assertThat(Machine.read(root, 6)).isEqualTo(new Machine(6, 6, java.util.OptionalLong.empty()));
        allowed("0-5");
        assertThat(Machine.read(root, 6).cores()).as("without topology").isEqualTo(6);
    }

    @Test
    void shouldReadFreeMemory() {
        file("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:    8388608 kB");
        assertThat(Machine.read(root, 1).availableMemory()).hasValue(8 * GIB);
    }

    @Test
    void shouldKeepToTheSmallestCgroupAbove() {
        shouldReadFreeMemory();
        file("proc/self/cgroup", "0::/kube/pod/box");
        file("sys/fs/cgroup/kube/pod/box/memory.max", "max");
        file("sys/fs/cgroup/kube/pod/box/memory.current", Long.toString(GIB));
        file("sys/fs/cgroup/kube/pod/memory.max", Long.toString(4 * GIB));
        file("sys/fs/cgroup/kube/pod/memory.current", Long.toString(3 * GIB));
        file("sys/fs/cgroup/kube/pod/memory.stat", "anon 5\ninactive_file " + GIB);
        assertThat(Machine.read(root, 1).availableMemory()).hasValue(2 * GIB);
        file("sys/fs/cgroup/kube/memory.max", Long.toString(3 * GIB));
        file("sys/fs/cgroup/kube/memory.current", Long.toString(4 * GIB));
        assertThat(Machine.read(root, 1).availableMemory()).as("over its limit").hasValue(0);
    }

    @Test
    void shouldKnowTheFirstVersionOfCgroups() {
        shouldReadFreeMemory();
        file("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/docker/x\n1:name=systemd:/a");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", Long.toString(5 * GIB));
        file("sys/fs/cgroup/memory/memory.usage_in_bytes", Long.toString(2 * GIB));
        file("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 0");
        assertThat(Machine.read(root, 1).availableMemory()).hasValue(3 * GIB);
    }

    @Test
    void shouldKnowThisMachine() {
        Machine here = Machine.current();
        assertThat(here.processors()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(here.cores()).isBetween(1, here.processors());
    }
}
