package dev.martlet.bench.serving;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One client that goes on with its conversation, turn by turn, each with all that was said before. */
record Conversation(int turns, int outputTokens) implements Workload {
    private static final int SYSTEM_WORDS = 200;
    private static final int USER_WORDS = 60;
    private static final int TOKENS_PER_WORD = 2; // at most, for these words

    @Override
    public String id() {
        return "chat";
    }

    @Override
    public String title() {
        return "one conversation of " + turns + " turns, " + USER_WORDS + " words in, " + outputTokens + " tokens out";
    }

    @Override
    public List<Figure> figures() {
        return List.of(Figure.TURN_FIRST, Figure.TURN_WORST);
    }

    @Override
    public int clients() {
        return 1;
    }

    @Override
    public int tokensPerClient() {
        return TOKENS_PER_WORD * (SYSTEM_WORDS + turns * (USER_WORDS + 16)) + turns * 2 * outputTokens;
    }

    /** The server's own answers are part of the later prompts. */
    @Override
    public boolean samePrompts() {
        return false;
    }

    @Override
    public Run run(ServerProcess server, long seed) {
        Words words = new Words(seed);
        List<Answer> answers = new ArrayList<>();
        List<Double> firsts = new ArrayList<>();
        Chat chat = Chat.of(
                "You are a helpful guide. Notes: " + words.text(SYSTEM_WORDS), words.text(USER_WORDS), outputTokens);
        for (int turn = 1; turn <= turns; turn++) {
            Answer answer = server.client().send(chat);
            answers.add(answer);
            if (answer.failure().isPresent()) {
                return Run.of(answers);
            }
            if (turn > 1) {
                firsts.add(answer.timeToFirst());
            }
            chat = chat.then(
                    new Chat.Message("assistant", answer.text()), new Chat.Message("user", words.text(USER_WORDS)));
        }
        return Run.of(answers)
                .with(Figure.TURN_FIRST, Stats.median(firsts))
                .with(Figure.TURN_WORST, Collections.max(firsts));
    }
}
