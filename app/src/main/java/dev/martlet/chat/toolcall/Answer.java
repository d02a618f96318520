package dev.martlet.chat.toolcall;

import dev.martlet.chat.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An assistant's whole answer: what its events fold to.
 *
 * @param content the answer's text, empty where there is none
 * @param reasoning the thoughts, empty where there are none
 * @param toolCalls the calls in order
 */
public record Answer(
        Optional<String> content, Optional<String> reasoning, List<ToolCall> toolCalls, FinishReason finishReason) {

    /** Why an answer ended, for the client. */
    public enum FinishReason {
        /** The token limit cut it off. */
        LENGTH,
        /** It calls tools. */
        TOOL_CALLS,
        /** The model ended it. */
        STOP
    }

    public Answer {
        toolCalls = List.copyOf(toolCalls);
    }

    /** Parses a whole text: the streaming path, fed once. */
    public static Answer parse(ToolCallFormat format, ParserOptions options, CharSequence text, StopCause cause) {
        var fold = new Fold();
        OutputParser parser = format.parser(options);
        parser.push(text, false, fold);
        parser.finish(cause, fold);
        return fold.answer(cause);
    }

    /** Folds events, in order, to an answer. */
    public static final class Fold implements Consumer<ChatEvent> {
        private final StringBuilder content = new StringBuilder();
        private final StringBuilder reasoning = new StringBuilder();
        private final List<ChatEvent.CallBegin> calls = new ArrayList<>();
        private final List<StringBuilder> arguments = new ArrayList<>();

        @Override
        public void accept(ChatEvent event) {
            switch (event) {
                case ChatEvent.Content more -> content.append(more.text());
                case ChatEvent.Reasoning more -> reasoning.append(more.text());
                case ChatEvent.CallBegin begin -> {
                    calls.add(begin);
                    arguments.add(new StringBuilder());
                }
                case ChatEvent.CallArguments more -> arguments.get(more.index()).append(more.json());
                case ChatEvent.CallEnd end -> {}
            }
        }

        /** The answer so far; {@code cause} tells why there is no more. */
        public Answer answer(StopCause cause) {
            List<ToolCall> toolCalls = new ArrayList<>();
            for (int i = 0; i < calls.size(); i++) {
                ChatEvent.CallBegin call = calls.get(i);
                toolCalls.add(
                        new ToolCall(call.id(), call.name(), arguments.get(i).toString()));
            }
            FinishReason reason = switch (cause) {
                case LENGTH -> FinishReason.LENGTH;
                case STOP -> toolCalls.isEmpty() ? FinishReason.STOP : FinishReason.TOOL_CALLS;
            };
            return new Answer(present(content), present(reasoning), toolCalls, reason);
        }

        private static Optional<String> present(StringBuilder text) {
            return text.isEmpty() ? Optional.empty() : Optional.of(text.toString());
        }
    }
}
