package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MachineTest {
    @Test
    void shouldCountCoresOnceForTheirSecondThreads() {
        List<String> cpuinfo = List.of(
                "processor : 0",
                "physical id : 0",
                "core id : 0",
                "processor : 1",
                "physical id : 0",
                "core id : 1",
                "processor : 2",
                "physical id : 0",
                "core id : 0",
                "processor : 3",
                "physical id : 1",
                "core id : 0");

        assertThat(Machine.physicalCores(cpuinfo)).isEqualTo(3);
        assertThat(Machine.physicalCores(List.of("processor : 0"))).isZero();
    }

    @Test
    void shouldFindAtLeastOneCoreHere() {
        assertThat(Machine.physicalCores()).isBetween(1, Runtime.getRuntime().availableProcessors());
    }
}
