package dev.martlet.bench.serving;

/** What is told of a run. */
enum Figure {
    WALL("wall", "all answers", "s", false),
    FIRST_P50("ttft_p50", "first token, p50", "s", false),
    FIRST_P95("ttft_p95", "first token, p95", "s", false),
    GAP("gap", "worst pause", "s", false),
    OUTPUT_RATE("output_rate", "output", "tokens/s", true),
    DECODE_RATE("decode_rate", "decode", "tokens/s", true),
    PREFILL_RATE("prefill_rate", "prefill", "tokens/s", true),
    TURN_FIRST("turn_ttft", "first token, turns 2-5", "s", false),
    TURN_WORST("turn_ttft_worst", "first token, worst turn", "s", false),
    SILENCE("silence", "worst pause of 8 streams", "s", false),
    LONG_FIRST("long_ttft", "first token of the prompt", "s", false),
    RESIDENT("resident", "memory beyond model, cache", "MB", false);

    private final String id;
    private final String label;
    private final String unit;
    private final boolean higherIsBetter;

    Figure(String id, String label, String unit, boolean higherIsBetter) {
        this.id = id;
        this.label = label;
        this.unit = unit;
        this.higherIsBetter = higherIsBetter;
    }

    /** Its name in JSON. */
    String id() {
        return id;
    }

    /** Its name for readers. */
    String label() {
        return label;
    }

    String unit() {
        return unit;
    }

    boolean isBetter(double value, double than) {
        return higherIsBetter ? value > than : value < than;
    }

    /** How many times better ours is than theirs: above 1 where ours is better. */
    double ratio(double ours, double theirs) {
        return higherIsBetter ? ours / theirs : theirs / ours;
    }
}
