package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.toolcall.MarkerSet.Scanner;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MarkerSetTest {

    private static int read(Scanner scanner, String text, int bit) {
        int result = Scanner.HOLD;
        for (int i = 0; i < text.length(); i++) {
            result = scanner.accept(text.charAt(i) | bit);
        }
        return result;
    }

    @Test
    void shouldPreferTheLongestMarker() {
        var scanner = new Scanner(MarkerSet.of(List.of("<|sep|>", "<|sep|>call<|role|>"), Set.of()));
        assertThat(read(scanner, "<|sep|>", 0)).isEqualTo(Scanner.HOLD);
        assertThat(scanner.atEnd()).isZero();
        assertThat(read(scanner, "call<|role|>", 0)).isEqualTo(1);
        assertThat(scanner.take(0)).isEmpty();
        assertThat(read(scanner, "<|sep|>cat", 0)).isZero();
        assertThat(scanner.take(0)).containsExactly('c', 'a', 't');
        assertThat(scanner.active()).isFalse();
    }

    @Test
    void shouldHoldNoMoreThanAMarker() {
        var scanner = new Scanner(MarkerSet.of(List.of("<tool_call>"), Set.of()));
        assertThat(read(scanner, "<tool_x", 0)).isEqualTo(Scanner.MISS);
        assertThat(scanner.take(1)).hasSize(6);
    }

    @Test
    void shouldMatchControlTokensOnlyAsTokens() {
        var set = MarkerSet.of(List.of("<｜DSML｜invoke"), Set.of("｜DSML｜"));
        var scanner = new Scanner(set);
        assertThat(read(scanner, "<｜", 0)).isEqualTo(Scanner.MISS);
        scanner.reset();
        assertThat(read(scanner, "<", 0)).isEqualTo(Scanner.HOLD);
        assertThat(read(scanner, "｜DSML｜", Tape.CONTROL)).isEqualTo(Scanner.HOLD);
        assertThat(read(scanner, "invoke", 0)).isZero();
    }
}
