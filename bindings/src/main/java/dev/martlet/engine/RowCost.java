package dev.martlet.engine;

/**
 * What a step without prompts costs by its number of rows: a straight line, learned from the steps themselves as a
 * regression that forgets. Only the scheduler's thread uses it.
 */
final class RowCost {

    /** Weight of the newest step. */
    private static final double NEWEST = 0.1;

    /** A step this many rows away from the mean tells of the slope. */
    private static final double TELLING = 0.5;

    /** What the slope loses in a step that does not tell of it, so that one disturbed step is not believed for ever. */
    private static final double FADING = 0.01;

    /** 0 until the first step. */
    private double rows;

    private double micros;
    private double variance;
    private double covariance;
    private double slope;

    /**
     * Learns from a step.
     *
     * @param least what a row costs at least, in microseconds: the slope fades towards it
     */
    void observe(int stepRows, long stepMicros, double least) {
        if (rows == 0) {
            rows = stepRows;
            micros = stepMicros;
            slope = least;
            return;
        }
        double across = stepRows - rows;
        double up = stepMicros - micros;
        rows += NEWEST * across;
        micros += NEWEST * up;
        variance = (1 - NEWEST) * (variance + NEWEST * across * across);
        covariance = (1 - NEWEST) * (covariance + NEWEST * across * up);
        if (Math.abs(across) >= TELLING) {
            slope = Math.max(0, Math.min(covariance / variance, micros / rows));
        } else {
            slope += FADING * (least - slope);
        }
    }

    /** Microseconds that one row more takes; 0 before the first step. */
    double row() {
        return slope;
    }

    /** Microseconds that a step of this many rows takes; 0 before the first. */
    double step(int stepRows) {
        return rows == 0 ? 0 : Math.max(0, micros + slope * (stepRows - rows));
    }
}
