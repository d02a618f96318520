package dev.martlet.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyFileTest {

    @TempDir
    private Path folder;

    private Path file(String text) {
        try {
            return Files.writeString(folder.resolve("keys"), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldReadPlainAndHashedKeysWithTheirNamesAndLimits() {
        List<ApiKey> keys = KeyFile.read(file("# those who may come in\n\nsk-one\n"
                + KeyHash.of("sk-two").written() + " name=team-b priority=10\n"
                + "\tsk-three  max-requests=4\tmax-waiting=0 name=batch\r\n"));
        assertThat(keys).hasSize(3);
        assertThat(keys.get(0).hash().matches(KeyHash.of("sk-one"))).isTrue();
        assertThat(keys.get(0).name()).isEqualTo(KeyHash.of("sk-one").shown()).hasSize(12);
        assertThat(keys.get(0).limits()).isEqualTo(KeyLimits.NONE);
        assertThat(keys.get(1).hash().matches(KeyHash.of("sk-two"))).isTrue();
        assertThat(keys.get(1).name()).isEqualTo("team-b");
        assertThat(keys.get(1).limits())
                .isEqualTo(new KeyLimits(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.of(10)));
        assertThat(keys.get(2).limits())
                .isEqualTo(new KeyLimits(OptionalInt.of(4), OptionalInt.of(0), OptionalInt.empty()));
    }

    @Test
    void shouldHashAsEverybodyDoes() {
        // printf %s sk-martlet | sha256sum
        assertThat(KeyHash.of("sk-martlet").written())
                .isEqualTo("sha256:eeba7d5405548bb880bae69001ece8d536b090d9fb3f4b5a61b16cdb3125dfae");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sha256:12ab|line 2: after sha256: must come 64 hexadecimal digits",
                "sk-a limit=3|line 2: word 2 is none of name, max-requests, max-waiting and priority",
                "sk-a secret-rest|line 2: word 2 is none of",
                "sk-a max-requests=0|line 2: max-requests is 0, must be at least 1",
                "sk-a max-requests=many|line 2: max-requests is no number",
                "sk-a max-waiting=-1|line 2: max-waiting is -1, must not be negative",
                "sk-a priority=101|line 2: priority is 101, must be -100 to 100",
                "sk-a name=a/b|line 2: a name has 1 to 64 letters",
                "sk-first|line 2: this key was there before",
                "sk-a name=first|line 2: the name first was there before"
            })
    void shouldNameTheLineAndNoKey(String line, String message) {
        Path path = file("sk-first name=first\n" + line + "\n");
        assertThatThrownBy(() -> KeyFile.read(path))
                .isInstanceOf(AccessException.class)
                .hasMessageStartingWith(path + ", ")
                .hasMessageContaining(message)
                .hasMessageNotContaining("sk-")
                .hasMessageNotContaining("secret");
    }

    @Test
    void shouldRefuseAFileThatIsNoKeyFile() throws IOException {
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> KeyFile.read(none)).hasMessage("no such key file: " + none);
        assertThatThrownBy(() -> KeyFile.read(folder)).hasMessageStartingWith("cannot read the key file " + folder);
        Path empty = file("# nobody\n\n");
        assertThatThrownBy(() -> KeyFile.read(empty)).hasMessage("the key file " + empty + " has no keys");
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
        assertThatThrownBy(() -> KeyFile.read(binary)).hasMessage("the key file " + binary + " is not UTF-8");
    }

    @Test
    void shouldMakeKeysThatDiffer() {
        assertThat(KeyHash.newKey()).matches("sk-[A-Za-z0-9_-]{32}").isNotEqualTo(KeyHash.newKey());
    }
}
