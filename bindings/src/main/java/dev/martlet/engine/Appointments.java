package dev.martlet.engine;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * When those that were refused may come back: each at a time of its own, one after the other as places become free, so
 * that they do not meet at the same place again. Who comes back is known by its request, which is the same; of requests
 * that are alike the one comes first that was told the earliest time. Not thread-safe: the inbox's lock guards it.
 */
final class Appointments {

    /** Longest wait that is told: OpenAI's clients take a longer one for none. Who comes then is told the rest. */
    static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** Those beyond get the last one's time. */
    private static final int MOST = 4_096;

    /** A clock, or a timer that was set for milliseconds, may be so much early. */
    private static final long EARLY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** So long after its time one may come, and half as long again as it had to wait: {@code Retry-After} is whole seconds. */
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Weight of the newest in the part of those that come back. */
    private static final double NEWEST = 1.0 / 16;

    /** Apart by so many intervals: those who come find a place even if some are served more slowly than foretold. */
    private static final double SPACING = 1.2;

    /** However few come back, so many are expected. */
    private static final double LEAST_SHARE = 1.0 / 32;

    /**
     * One that may come back.
     *
     * @param number how many were made before
     * @param request by what it is known
     * @param due when a place is expected to be free for it
     * @param told when it was told to come, at the latest when it is due
     * @param expires when it is not expected any more
     * @param tokens what it would add to those that wait
     */
    record Appointment(long number, long request, long due, long told, long expires, long tokens) {}

    private final TreeSet<Appointment> byDue = sorted(Appointment::due);

    private final TreeSet<Appointment> byEnd = sorted(Appointment::expires);

    /** In the order in which they were told to come; no set is empty. */
    private final Map<Long, TreeSet<Appointment>> byRequest = new HashMap<>();

    private long made;

    /** Part of those that come back in time. */
    private double share = 1;

    private static TreeSet<Appointment> sorted(ToLongFunction<Appointment> time) {
        return new TreeSet<>(Comparator.comparingLong(time).thenComparingLong(Appointment::number));
    }

    /** By what a request is known when it comes again. */
    static long known(GenerationRequest request) {
        long prompt = Arrays.hashCode(request.prompt());
        return prompt << Integer.SIZE | (31L * request.tenant().hashCode() + request.maxTokens()) & 0xFFFF_FFFFL;
    }

    boolean isEmpty() {
        return byDue.isEmpty();
    }

    /** The appointment with which this request comes, on time or later; null for none. */
    Appointment find(long request, long now) {
        TreeSet<Appointment> same = byRequest.get(request);
        return same == null || same.first().told() - EARLY_NANOS > now ? null : same.first();
    }

    /** Whether one that comes with this appointment is not too early for its place. */
    static boolean isDue(Appointment appointment, long now) {
        return appointment.due() - EARLY_NANOS <= now;
    }

    /** One came back and was taken in. */
    void kept(Appointment appointment) {
        remove(appointment);
        share += NEWEST * (1 - share);
    }

    /**
     * Gives a refused request a time.
     *
     * @param earlier the appointment it came with, which this one takes the place of; null for none
     * @param first nanoseconds until a place is free
     * @param interval nanoseconds from then until the next one is
     * @param tokens what it would add to those that wait
     * @return nanoseconds after which it may come
     */
    long make(long request, Appointment earlier, long now, long first, long interval, long tokens) {
        if (earlier != null) {
            remove(earlier);
        }
        long due = earlier == null ? behindAll(now, first, interval) : again(earlier, now, first, interval);
        if (byDue.size() >= MOST) {
            return Math.min(due - now, LONGEST_NANOS);
        }
        long told = Math.min(due, now + LONGEST_NANOS);
        long expires = told + GRACE_NANOS + (told - now) / 2;
        Appointment appointment = new Appointment(made++, request, due, told, expires, tokens);
        byDue.add(appointment);
        byEnd.add(appointment);
        byRequest.computeIfAbsent(request, any -> sorted(Appointment::told)).add(appointment);
        return told - now;
    }

    /** After the last one, and not before all are served, were places to become free no faster than now. */
    private long behindAll(long now, long first, long interval) {
        long apart = (long) (SPACING * Math.max(share, LEAST_SHARE) * interval);
        long end = now + first + apart * byDue.size();
        return byDue.isEmpty() ? end : Math.max(end, byDue.last().due() + apart);
    }

    /** Too early for its place it keeps it; where there was none it comes behind those who are due until there is one. */
    private long again(Appointment earlier, long now, long first, long interval) {
        return isDue(earlier, now) ? now + first + interval * due(now + first, MOST) : earlier.due();
    }

    /** How many are due in a time; counts to {@code most}. */
    int due(long until, int most) {
        int count = 0;
        for (Appointment appointment : byDue) {
            if (count == most || appointment.due() > until) {
                break;
            }
            count++;
        }
        return count;
    }

    /** Tokens of the first of them; sums to about {@code most}. */
    long dueTokens(long until, long most) {
        long tokens = 0;
        for (Appointment appointment : byDue) {
            if (tokens >= most || appointment.due() > until) {
                break;
            }
            tokens += appointment.tokens();
        }
        return Math.min(tokens, most);
    }

    /** Forgets those that did not come. */
    void expire(long now) {
        while (!byEnd.isEmpty() && byEnd.first().expires() < now) {
            remove(byEnd.first());
            share -= NEWEST * share;
        }
    }

    private void remove(Appointment appointment) {
        byDue.remove(appointment);
        byEnd.remove(appointment);
        TreeSet<Appointment> same = byRequest.get(appointment.request());
        same.remove(appointment);
        if (same.isEmpty()) {
            byRequest.remove(appointment.request());
        }
    }
}
