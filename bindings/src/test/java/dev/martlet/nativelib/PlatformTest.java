package dev.martlet.nativelib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PlatformTest {

    @Test
    void shouldKnowTheSystemsAsTheJdkNamesThem() {
        assertThat(Platform.of("Linux", "amd64").resources()).isEqualTo("dev/martlet/native/linux-x64/");
        assertThat(Platform.of("Linux", "aarch64")).isEqualTo(new Platform("linux", "arm64"));
        assertThat(Platform.of("Mac OS X", "aarch64")).isEqualTo(new Platform("macos", "arm64"));
        assertThat(Platform.of("Windows 11", "x86_64")).isEqualTo(new Platform("windows", "x64"));
    }

    @Test
    void shouldSayWhatToDoOnOthers() {
        assertThatThrownBy(() -> Platform.of("Linux", "riscv64"))
                .isInstanceOf(NativeException.class)
                .hasMessageContaining("riscv64")
                .hasMessageContaining("-Dmartlet.native.dir=DIR");
        assertThatThrownBy(() -> Platform.of("Plan 9", "amd64")).isInstanceOf(NativeException.class);
    }
}
