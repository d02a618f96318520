package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** What holds for every stream of events. */
final class Laws {
    private Laws() {}

    /** Indexes count up, ids are there and differ, arguments belong to the call that is open. */
    static void checkStream(List<ChatEvent> events) {
        int open = -1;
        int next = 0;
        var ids = new HashSet<String>();
        for (ChatEvent event : events) {
            switch (event) {
                case ChatEvent.CallBegin begin -> {
                    assertThat(begin.index()).isEqualTo(next);
                    assertThat(begin.name()).isNotEmpty();
                    assertThat(begin.id()).isNotEmpty();
                    assertThat(ids.add(begin.id())).isTrue();
                    assertThat(open).isEqualTo(-1);
                    open = next++;
                }
                case ChatEvent.CallArguments more -> {
                    assertThat(more.index()).isEqualTo(open);
                    assertThat(more.json()).isNotEmpty();
                }
                case ChatEvent.CallEnd end -> {
                    assertThat(end.index()).isEqualTo(open);
                    open = -1;
                }
                case ChatEvent.Content more -> {
                    assertThat(more.text()).isNotEmpty();
                    assertThat(open).isEqualTo(-1);
                }
                case ChatEvent.Reasoning more -> {
                    assertThat(more.text()).isNotEmpty();
                    assertThat(open).isEqualTo(-1);
                }
            }
        }
        assertThat(open).isEqualTo(-1);
    }

    /** What every prefix has yielded is a prefix of what the whole yields. */
    static void checkPrefixes(ToolCallFormat format, ParserOptions options, String text, StopCause cause) {
        ParserOptions counted = options.withIds(counter());
        List<ChatEvent> events = new ArrayList<>();
        List<Integer> marks = new ArrayList<>();
        OutputParser parser = format.parser(counted);
        for (String chunk : Case.split(text, () -> 1)) {
            parser.push(chunk, false, events::add);
            marks.add(events.size());
        }
        parser.finish(cause, events::add);
        Answer whole = Answer.parse(format, options.withIds(counter()), text, cause);
        for (int mark : marks) {
            var fold = new Answer.Fold();
            events.subList(0, mark).forEach(fold);
            Answer part = fold.answer(cause);
            assertThat(whole.content().orElse("")).startsWith(part.content().orElse(""));
            assertThat(whole.reasoning().orElse("")).startsWith(part.reasoning().orElse(""));
            for (int i = 0; i < part.toolCalls().size(); i++) {
                assertThat(whole.toolCalls().get(i).arguments())
                        .startsWith(part.toolCalls().get(i).arguments());
                assertThat(whole.toolCalls().get(i).name())
                        .isEqualTo(part.toolCalls().get(i).name());
            }
        }
    }

    static java.util.function.Supplier<String> counter() {
        int[] count = {0};
        return () -> "call_" + count[0]++;
    }
}
