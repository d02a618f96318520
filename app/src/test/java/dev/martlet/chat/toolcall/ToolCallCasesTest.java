package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case in every chunking gives the expected answer, and its stream keeps the laws. */
class ToolCallCasesTest {

    static List<Case> cases() {
        List<Case> all = new ArrayList<>(Case.all("toolcalls.json"));
        all.addAll(Case.all("more.json"));
        return all;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldParseInEveryChunking(Case each) {
        for (List<String> chunks : Case.chunkings(each.output())) {
            List<ChatEvent> events = new ArrayList<>();
            var fold = new Answer.Fold();
            OutputParser parser = each.format().parser(each.options());
            for (String chunk : chunks) {
                parser.push(chunk, false, events::add);
            }
            parser.finish(each.cause(), events::add);
            Laws.checkStream(events);
            events.forEach(fold);
            assertThat(each.mismatch(fold.answer(each.cause())))
                    .as("%s in %d chunks: %s", each.id(), chunks.size(), events)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldNeverTakeBackAnything(Case each) {
        Laws.checkPrefixes(each.format(), each.options(), each.output(), each.cause());
    }
}
