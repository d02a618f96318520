package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BystandersTest {
    @Test
    void shouldCountWhatIsNotIdle() {
        //                  user nice system idle iowait irq softirq steal guest guest_nice
        List<String> stat = List.of("cpu  100 20 30 9000 700 1 2 47 5 5", "cpu0 1 2 3");

        assertThat(Bystanders.busySeconds(stat)).isEqualTo(2);
        assertThat(Bystanders.busySeconds(List.of())).isZero();
    }

    @Test
    void shouldTellAShare() {
        assertThat(Bystanders.watch(ProcessHandle.current().pid()).share()).isBetween(0.0, 1.0);
    }
}
