package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResidentTest {
    private static final List<String> SMAPS = """
            00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/server
            Size:                328 kB
            Rss:                 100 kB
            Pss:                  50 kB
            VmFlags: rd ex mr mw me
            7f0000000000-7f0000100000 r--s 00000000 08:02 200 /models/a model.gguf
            Size:               9000 kB
            Rss:                7000 kB
            7f0000200000-7f0000300000 r--s 00100000 08:02 200 /models/a model.gguf
            Rss:                  24 kB
            7f0000400000-7f0000500000 rw-p 00000000 00:00 0
            Rss:                 500 kB
            """.lines().toList();

    @Test
    void shouldSumTheMappings() {
        assertThat(Resident.resident(SMAPS, "")).isEqualTo((100 + 7000 + 24 + 500) * 1024.0);
        assertThat(Resident.resident(SMAPS, "/models/a model.gguf")).isEqualTo((7000 + 24) * 1024.0);
        assertThat(Resident.resident(SMAPS, "/models/b.gguf")).isZero();
    }
}
