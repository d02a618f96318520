package dev.martlet.chat.toolcall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The four laws on every case and on random mutations of it: texts cut anywhere, markers doubled, dropped and put in,
 * pieces lost or repeated. Every text ends once by the model's will and once by the token limit.
 *
 * <p>Nothing lost, precisely: take the words (three letters or digits and more) that the case's own answer has in its
 * text, thoughts, names and arguments. As long as one stands unbroken in a mutated text it is in the mutation's answer,
 * except the last of them, which the end of the text may leave as a key without a value, and headers, which are syntax
 * (see {@link Words#withoutSyntax}).
 */
class MutationLawsTest {
    private static final int MUTATIONS = 60;

    /** Cases in which a call is not passed on, on purpose. */
    private static final Set<String> SWALLOWING = Set.of("h-parallel", "cmdrp-direct", "g3-print");

    /** Keys and words of the formats' own syntax. */
    private static final Set<String> SYNTAX = Set.of("name", "arguments", "parameters", "json", "function", "type");

    static List<Case> cases() {
        return LawsTest.cases();
    }

    private static List<ChatEvent> run(Case each, List<String> chunks, StopCause cause) {
        List<ChatEvent> events = new ArrayList<>();
        OutputParser parser = each.format().parser(each.options().withIds(Laws.counter()));
        for (String chunk : chunks) {
            parser.push(chunk, false, events::add);
        }
        parser.finish(cause, events::add);
        return events;
    }

    private static Answer fold(List<ChatEvent> events, StopCause cause) {
        var fold = new Answer.Fold();
        events.forEach(fold);
        return fold.answer(cause);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldKeepTheLaws(Case each) {
        long seed = each.id().hashCode();
        var random = new Random(seed);
        List<String> markers = Mutations.markers(each.format());
        var mutations = new Mutations(markers, random);
        Set<String> payload = Words.of(run(each, List.of(each.output()), each.cause()));
        payload.removeAll(SYNTAX);
        payload.removeIf(word -> markers.stream().anyMatch(marker -> marker.contains(word)));
        for (int i = 0; i < MUTATIONS; i++) {
            String text = i == 0 ? each.output() : mutations.apply(each.output());
            for (StopCause cause : StopCause.values()) {
                String told = each.id() + " " + cause + " seed " + seed + " mutation " + i + ": <" + text + ">";
                List<ChatEvent> events = run(each, List.of(text), cause);
                assertThatCode(() -> Laws.checkStream(events))
                        .as("%s gives %s", told, events)
                        .doesNotThrowAnyException();
                Answer whole = fold(events, cause);
                for (List<String> chunks :
                        List.of(Case.split(text, () -> 1), Case.split(text, () -> 1 + random.nextInt(12)))) {
                    assertThat(fold(run(each, chunks, cause), cause)).as(told).isEqualTo(whole);
                }
                if (!SWALLOWING.contains(each.id())) {
                    checkNothingLost(each, text, payload, events, told);
                }
                assertThat(Steps.of(each.format(), each.options(), text, cause))
                        .as(told)
                        .isLessThan(100 + 12L * text.length());
            }
        }
    }

    private static void checkNothingLost(
            Case each, String text, Set<String> payload, List<ChatEvent> events, String description) {
        List<String> written = Words.in(Words.withoutSyntax(each.format(), text), payload);
        if (written.isEmpty()) {
            return;
        }
        Set<String> told = Words.of(events);
        Set<String> missing = new TreeSet<>(written);
        // Where a marker between two words is dropped they may stand together.
        missing.removeIf(word -> told.stream().anyMatch(one -> one.contains(word)));
        missing.remove(written.getLast());
        assertThat(missing).as("%s gives %s", description, events).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldTakeNothingBack(Case each) {
        long seed = each.id().hashCode() + 7L;
        var mutations = new Mutations(Mutations.markers(each.format()), new Random(seed));
        for (int i = 0; i < 4; i++) {
            Laws.checkPrefixes(each.format(), each.options(), mutations.apply(each.output()), each.cause());
        }
    }

    static List<ToolCallFormat> formats() {
        return List.copyOf(ToolCallFormats.all());
    }

    /** Work is counted in characters looked at, those looked at again counted again. */
    @ParameterizedTest
    @MethodSource("formats")
    void shouldWorkInLinearTime(ToolCallFormat format) {
        ParserOptions options = cases().getFirst().options();
        List<String> pieces = new ArrayList<>(List.of(
                "{\"name\": \"get_forecast\", \"arguments\": {\"city\": \"",
                "{\"parameters\":\n",
                "get_forecast\n",
                "get_forecast\n{\"a\":",
                "[get_forecast(city=",
                "[",
                "{",
                "\n",
                "(",
                "\"",
                "<",
                "plain text \n "));
        List<String> markers = Mutations.markers(format);
        pieces.addAll(markers);
        markers.forEach(marker -> pieces.add(marker.substring(0, marker.length() - 1)));
        markers.forEach(marker -> pieces.add(marker + "get_forecast\n"));
        markers.forEach(marker -> pieces.add(marker + "{\"name\": \"get_forecast\", \"arguments\": {\"city\": 1}}"));
        pieces.removeIf(String::isEmpty);
        for (String piece : pieces) {
            for (String start : List.of("", markers.getFirst() + "get_forecast\n{\"city\": \"")) {
                int times = 1 + 3_000 / piece.length();
                long once = Steps.of(format, options, start + piece.repeat(times), StopCause.STOP);
                long twice = Steps.of(format, options, start + piece.repeat(2 * times), StopCause.STOP);
                String told = format.id() + " over <" + piece + "> after <" + start + ">";
                assertThat(once).as(told).isLessThan(12L * (start.length() + (long) piece.length() * times));
                assertThat(twice).as(told).isLessThan(100 + once * 9 / 4);
            }
        }
    }
}
