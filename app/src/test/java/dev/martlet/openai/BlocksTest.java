package dev.martlet.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.openai.Blocks.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlocksTest {

    /** Notes what it is told. */
    private static final class Notes implements Blocks.Listener {
        private final List<String> notes = new ArrayList<>();

        @Override
        public void opened(Block block) {
            notes.add("open " + block.index() + " " + block.kind() + block.name());
        }

        @Override
        public void grown(Block block, String piece) {
            notes.add(block.index() + " <" + piece + ">");
        }

        @Override
        public void closed(Block block) {
            notes.add("close " + block.index() + " " + block.complete() + " <" + block.text() + ">");
        }
    }

    private final Notes listener = new Notes();
    private Blocks blocks = new Blocks(false);

    private void content(String... pieces) {
        for (String piece : pieces) {
            blocks.accept(new ChatEvent.Content(piece), listener);
        }
    }

    @Test
    void shouldTellOneBlockAfterTheOther() {
        blocks.accept(new ChatEvent.Reasoning("why"), listener);
        content("a", "b");
        blocks.accept(new ChatEvent.CallBegin(0, "call_0", "f"), listener);
        blocks.accept(new ChatEvent.CallArguments(0, "{}"), listener);
        blocks.accept(new ChatEvent.CallEnd(0, true), listener);
        blocks.accept(new ChatEvent.CallBegin(1, "call_1", "g"), listener);
        blocks.accept(new ChatEvent.CallArguments(1, "{\"x"), listener);
        blocks.accept(new ChatEvent.CallEnd(1, false), listener);
        blocks.end(false, listener);
        assertThat(listener.notes)
                .containsExactly(
                        "open 0 REASONING",
                        "0 <why>",
                        "close 0 true <why>",
                        "open 1 TEXT",
                        "1 <a>",
                        "1 <b>",
                        "close 1 true <ab>",
                        "open 2 CALLf",
                        "2 <{}>",
                        "close 2 true <{}>",
                        "open 3 CALLg",
                        "3 <{\"x>",
                        "close 3 false <{\"x>");
        assertThat(blocks.list()).map(Block::callId).containsExactly("", "", "call_0", "call_1");
    }

    @Test
    void shouldHoldSpaceBackUntilMoreFollows() {
        content("\n ", " a ", "\n", "b", " c\n", "\n");
        blocks.end(true, listener);
        assertThat(listener.notes)
                .containsExactly("open 0 TEXT", "0 <a>", "0 < \nb>", "0 < c>", "close 0 true <a \nb c>");
    }

    @Test
    void shouldMakeNoBlockOfSpace() {
        content("\n", " ");
        blocks.accept(new ChatEvent.CallBegin(0, "call_0", "f"), listener);
        blocks.accept(new ChatEvent.CallEnd(0, true), listener);
        content("\n");
        blocks.end(true, listener);
        assertThat(listener.notes).containsExactly("open 0 CALLf", "close 0 true <>");
    }

    @Test
    void shouldKeepTheSpaceThatATextGoesOnWith() {
        blocks = new Blocks(true);
        content(" ", "on");
        blocks.accept(new ChatEvent.Reasoning(" hm"), listener);
        content(" x");
        blocks.end(false, listener);
        assertThat(blocks.list()).map(Block::text).containsExactly(" on", "hm", "x");
        blocks = new Blocks(true);
        content(" ");
        blocks.accept(new ChatEvent.Reasoning(" hm"), listener);
        content(" x");
        assertThat(blocks.list()).map(Block::text).containsExactly("hm", "x");
    }

    @Test
    void shouldNotDependOnHowTheTextIsCut() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(12); i > 0; i--) {
                text.append(" \nab".charAt(random.nextInt(4)));
            }
            Notes notes = new Notes();
            Blocks cut = new Blocks(false);
            for (int at = 0; at < text.length(); ) {
                int end = at + 1 + random.nextInt(text.length() - at);
                cut.accept(new ChatEvent.Content(text.substring(at, end)), notes);
                at = end;
            }
            cut.end(true, notes);
            String whole = text.toString().strip();
            assertThat(cut.list())
                    .as("seed %d, <%s>", seed, text)
                    .map(Block::text)
                    .isEqualTo(whole.isEmpty() ? List.of() : List.of(whole));
        }
    }
}
