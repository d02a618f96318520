package dev.martlet.bench.serving;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Texts of common English words in random order: the same seed gives the same texts, another one gives others. */
final class Words {
    private static final List<String> WORDS = List.of(
            "river", "stone", "market", "window", "copper", "lantern", "winter", "garden", "engine", "paper", "silver",
            "harbor", "meadow", "signal", "bridge", "thunder", "orchard", "kettle", "ribbon", "canyon", "velvet",
            "compass", "feather", "island", "bottle", "candle", "desert", "forest", "mirror", "pocket", "saddle",
            "temple");

    private final SplittableRandom random;

    Words(long seed) {
        random = new SplittableRandom(seed);
    }

    /** All of them. */
    static List<String> all() {
        return WORDS;
    }

    /** The next text, of so many words. */
    String text(int words) {
        return Stream.generate(() -> WORDS.get(random.nextInt(WORDS.size())))
                .limit(words)
                .collect(Collectors.joining(" "));
    }

    /** The next of these. */
    int oneOf(int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
