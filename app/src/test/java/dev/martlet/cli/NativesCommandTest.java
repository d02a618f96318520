package dev.martlet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativesCommandTest {
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final PrintStream before = System.err;

    @BeforeEach
    void catchErrors() {
        System.setErr(new PrintStream(errors, true));
    }

    @AfterEach
    void giveErrorsBack() {
        System.setErr(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"9x", "90,x", "sm_90", "9.0", "", "0", "1234", "90b"})
    void shouldRefuseWhatIsNoArchitectureBeforeAnythingStarts(String architecture) {
        assertThat(Main.run("natives", "build", "--cuda-arch", architecture)).isEqualTo(2);
        assertThat(errors.toString()).contains("--cuda-arch");
    }

    @Test
    void shouldRefuseAnArchitectureThatTheToolkitDoesNotKnow() {
        assertThat(Main.run("natives", "build", "--cuda-arch", "90,11")).isEqualTo(2);
        assertThat(errors.toString())
                .contains("does not compile for 11, only for [")
                .contains("90");
    }

    @Test
    void shouldSayWhoCompilesTheCpuLibraries() {
        assertThat(Main.run("natives", "build")).isEqualTo(2);
        assertThat(errors.toString()).contains("./martlet natives build");
    }

    @Test
    void shouldTellOfNinjaNowAndThenAndOfItsEnd() {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        AtomicLong clock = new AtomicLong();
        BuildProgress progress = new BuildProgress(new PrintStream(told, true), clock::get);

        progress.accept("[1/155] Building CUDA object a.cu.o");
        clock.addAndGet(TimeUnit.SECONDS.toNanos(11));
        progress.accept("nvcc warning : something");
        progress.accept("[2/155] Building CUDA object b.cu.o");
        progress.accept("[3/155] Building CUDA object c.cu.o");
        progress.accept("[155/155] Linking CUDA shared module");

        assertThat(told.toString().lines()).containsExactly("martlet:   2 of 155 files", "martlet:   155 of 155 files");
    }

    @Test
    void shouldTellOfMakeInPercent() {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        AtomicLong clock = new AtomicLong();
        BuildProgress progress = new BuildProgress(new PrintStream(told, true), clock::get);

        progress.accept("[  1%] Building CUDA object a.cu.o");
        clock.addAndGet(TimeUnit.SECONDS.toNanos(11));
        progress.accept("[ 42%] Building CUDA object b.cu.o");
        progress.accept("[100%] Linking CUDA shared module");

        assertThat(told.toString().lines()).containsExactly("martlet:   42 %", "martlet:   100 %");
    }
}
