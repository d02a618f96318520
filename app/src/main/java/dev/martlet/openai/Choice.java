package dev.martlet.openai;

import dev.martlet.chat.toolcall.ChatEvent;
import dev.martlet.chat.toolcall.OutputParser;
import dev.martlet.chat.toolcall.StopCause;
import dev.martlet.engine.TokenEvent;
import dev.martlet.model.Vocabulary;
import dev.martlet.text.Detokenizer;
import dev.martlet.text.StopSequences;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One choice of an answer: takes the tokens of a generation, gives their events to an {@link AnswerSink}. Tokens become
 * whole characters, characters that cannot be part of a stop string go to the parser, and the parser's events go out.
 * Not thread-safe.
 */
public final class Choice {

    /**
     * What the choices of one request share.
     *
     * @param logprobs whether content carries its tokens' log probabilities
     * @param singleCall whether the answer ends after its first call
     * @param functionsForm whether calls are told in the old form
     * @param echoes what each choice begins with; none where prompts are not repeated
     */
    public record Rules(
            Vocabulary vocabulary,
            StopSequences stops,
            boolean logprobs,
            boolean singleCall,
            boolean functionsForm,
            List<String> echoes) {

        public Rules {
            echoes = List.copyOf(echoes);
        }

        /** Those of choices that do not repeat their prompts. */
        public Rules(
                Vocabulary vocabulary,
                StopSequences stops,
                boolean logprobs,
                boolean singleCall,
                boolean functionsForm) {
            this(vocabulary, stops, logprobs, singleCall, functionsForm, List.of());
        }

        /** Code points that a choice begins with. */
        private int echoed(int choice) {
            return echoes.isEmpty()
                    ? 0
                    : echoes.get(choice).codePointCount(0, echoes.get(choice).length());
        }
    }

    private final int index;
    private final Rules rules;
    private final Detokenizer detokenizer;
    private final OutputParser parser;
    private final AnswerSink sink;

    private StopSequences.Matcher matcher;

    /** Tokens that no event has come of yet; counted and, if asked for, with their log probabilities. */
    private int waitingTokens;

    private final List<TokenLogprob> waitingLogprobs = new ArrayList<>();

    /** Those of the prompt so far, until all are there. */
    private final List<TokenEvent.Token> promptTokens = new ArrayList<>();

    /** Code points of the text so far; counted where log probabilities are told, whose places they are. */
    private int characters;

    private int tokens;
    private int reasoningTokens;
    private int predictedTokens;
    private boolean called;
    private boolean ended;

    /** Null until it has ended in good order. */
    private AnswerEnd end;

    public Choice(int index, Rules rules, OutputParser parser, AnswerSink sink) {
        this.index = index;
        this.rules = rules;
        this.detokenizer = Detokenizer.of(rules.vocabulary());
        this.matcher = rules.stops().matcher();
        this.parser = parser;
        this.sink = sink;
        this.characters = rules.echoed(index);
    }

    /** Number of tokens taken. */
    public int tokens() {
        return tokens;
    }

    /** Number of those of which reasoning came. */
    public int reasoningTokens() {
        return reasoningTokens;
    }

    /** Number of tokens of the request's prediction that were seen in it. */
    public int predictedTokens() {
        return predictedTokens;
    }

    /** Whether the choice has ended; no token may follow. */
    public boolean ended() {
        return ended;
    }

    /** Why it ended; empty while it has not, or if it failed. */
    public Optional<AnswerEnd> end() {
        return Optional.ofNullable(end);
    }

    /** Takes a token; the choice may end by it. */
    public void accept(TokenEvent.Token token) {
        if (ended) {
            throw new IllegalStateException("choice " + index + " has ended");
        }
        tokens++;
        predictedTokens += token.predicted();
        waitingTokens++;
        if (rules.logprobs()) {
            waitingLogprobs.add(logprob(token, characters));
        }
        if (rules.vocabulary().isControl(token.id())) {
            control(token.id());
        } else {
            text(detokenizer.push(token.id()));
        }
        if (!ended && rules.singleCall() && parser.callEnded()) {
            close(StopCause.STOP);
        }
    }

    /** Takes tokens of the prompt with their log probabilities, which are told when all are there. */
    public void accept(TokenEvent.Scores scores) {
        promptTokens.addAll(scores.tokens());
        if (scores.last() && rules.logprobs()) {
            sink.prompt(index, promptLogprobs());
        }
    }

    /** Where the model reads more than the prompt's text, such as a first token of its own, that has no place in it. */
    private List<TokenLogprob> promptLogprobs() {
        Detokenizer spelled = Detokenizer.spellingControl(rules.vocabulary());
        int[] ends = new int[promptTokens.size()];
        int end = 0;
        for (int i = 0; i < ends.length; i++) {
            String text = spelled.push(promptTokens.get(i).id());
            end += text.codePointCount(0, text.length());
            ends[i] = end;
        }
        String rest = spelled.finish();
        int more = end + rest.codePointCount(0, rest.length()) - rules.echoed(index);
        List<TokenLogprob> told = new ArrayList<>(ends.length);
        for (int i = 0; i < ends.length; i++) {
            told.add(logprob(promptTokens.get(i), Math.max(0, (i == 0 ? 0 : ends[i - 1]) - more)));
        }
        return told;
    }

    /** Ends the choice by the model's or the limit's will. */
    public void finish(StopCause cause) {
        text(detokenizer.finish());
        if (!ended) {
            parse(matcher.finish(), false);
            close(cause);
        }
    }

    private void text(String text) {
        if (text.isEmpty()) {
            return;
        }
        if (rules.logprobs()) {
            characters += text.codePointCount(0, text.length());
        }
        parse(matcher.push(text), false);
        if (matcher.matched()) {
            close(StopCause.STOP);
        }
    }

    /** A control token ends the text before it; whether the parser knows it is the parser's affair. */
    private void control(int token) {
        text(detokenizer.finish());
        if (ended || rules.vocabulary().isEndOfGeneration(token)) {
            return;
        }
        parse(matcher.finish(), false);
        // A stop string may spell a control token; clients send "</s>" and the like.
        matcher = rules.stops().matcher();
        String spelling = new String(rules.vocabulary().bytes(token), StandardCharsets.UTF_8);
        matcher.push(spelling);
        if (matcher.matched()) {
            close(StopCause.STOP);
            return;
        }
        matcher = rules.stops().matcher();
        parse(spelling, true);
    }

    private void parse(String text, boolean control) {
        if (!text.isEmpty()) {
            parser.push(text, control, this::emit);
        }
    }

    private void close(StopCause cause) {
        ended = true;
        parser.finish(cause, this::emit);
        matcher.match().ifPresent(stop -> sink.stopped(index, stop));
        end = reason(cause);
        sink.end(index, end);
    }

    private AnswerEnd reason(StopCause cause) {
        return switch (cause) {
            case LENGTH -> AnswerEnd.LENGTH;
            case STOP -> {
                if (!called) {
                    yield AnswerEnd.STOP;
                }
                yield rules.functionsForm() ? AnswerEnd.FUNCTION_CALL : AnswerEnd.TOOL_CALLS;
            }
        };
    }

    private void emit(ChatEvent event) {
        switch (event) {
            case ChatEvent.Content content -> {
                if (!content.text().isEmpty()) {
                    sink.event(index, event, List.copyOf(waitingLogprobs));
                    forgetWaiting();
                }
            }
            case ChatEvent.Reasoning reasoning -> {
                if (!reasoning.text().isEmpty()) {
                    reasoningTokens += waitingTokens;
                    pass(event);
                }
            }
            case ChatEvent.CallBegin begin -> {
                called = true;
                pass(event);
            }
            case ChatEvent.CallArguments arguments -> pass(event);
            case ChatEvent.CallEnd end -> pass(event);
        }
    }

    private void pass(ChatEvent event) {
        sink.event(index, event, List.of());
        forgetWaiting();
    }

    private void forgetWaiting() {
        waitingTokens = 0;
        waitingLogprobs.clear();
    }

    private TokenLogprob logprob(TokenEvent.Token token, int place) {
        List<TokenLogprob> top = new ArrayList<>(token.topTokens().length);
        for (int i = 0; i < token.topTokens().length; i++) {
            top.add(new TokenLogprob(
                    rules.vocabulary().bytes(token.topTokens()[i]), token.topLogprobs()[i], List.of()));
        }
        return new TokenLogprob(rules.vocabulary().bytes(token.id()), token.logprob(), top, place);
    }
}
