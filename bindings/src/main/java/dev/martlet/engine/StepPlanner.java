package dev.martlet.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Decides what goes into the next step: one token of each streaming request, with drafts of those after it where they pay,
 * and prompts in chunks that fit the budget. Prompts share a step with streaming requests, or take turns with them where
 * that costs less. Only the scheduler's thread uses it.
 */
final class StepPlanner {

    /** Steps that make up for a whole batch of remaining prompt when prompts compete for budget. */
    private static final int AGEING = 4;

    /** More time than this the first of the two steps of a calibration takes only where a second would take too long. */
    private static final long MOST_CALIBRATION_MICROS = 100_000;

    private final StepRunner.Limits limits;
    private final StepBudget budget;
    private final Drafter drafter;
    private final StepPlan plan;

    /** The sequences of the plan's segments. */
    private final List<Sequence> planned = new ArrayList<>();

    /** Those of the running ones with more than one token to see. */
    private final List<Sequence> prefilling = new ArrayList<>();

    /** What of the plan is prompts. */
    private int promptTokens;

    private int promptSegments;

    /** Whether the last step was for prompts alone, beside streaming requests. */
    private boolean promptTurn;

    /**
     * @param stepMillis longest pause of requests that are streaming; 0 = no bound
     */
    StepPlanner(StepRunner.Limits limits, int stepMillis, Drafter drafter) {
        this.limits = limits;
        this.budget = new StepBudget(limits.batchTokens(), stepMillis);
        this.drafter = drafter;
        this.plan = new StepPlan(limits);
    }

    /** Computes some tokens and forgets them: touches the weights, and tells the budget what tokens cost. */
    void calibrate(StepRunner runner, StepResult result) {
        long micros = calibrate(runner, result, StepBudget.LEAST);
        if (micros > 0 && micros < MOST_CALIBRATION_MICROS) {
            calibrate(runner, result, 2 * StepBudget.TILE);
        }
    }

    private long calibrate(StepRunner runner, StepResult result, int tokens) {
        int count = Math.min(tokens, Math.min(limits.batchTokens(), limits.sequenceTokens()));
        plan.clear();
        plan.addPrefill(0, new int[count], 0, count);
        boolean done = runner.step(plan, result) == StepStatus.OK;
        plan.clear();
        if (!done) {
            return 0;
        }
        budget.observe(count, 0, result.decodeMicros());
        runner.trim(0, 0);
        return result.decodeMicros();
    }

    /**
     * Plans the next step.
     *
     * @param running in order of arrival
     * @param drafts whether there may be drafts
     * @return empty when there is nothing to compute; written anew by the next call
     */
    StepPlan fill(List<Sequence> running, boolean drafts) {
        plan.clear();
        planned.clear();
        prefilling.clear();
        promptTokens = 0;
        promptSegments = 0;
        for (int i = 0; i < running.size(); i++) {
            if (isPrompt(running.get(i))) {
                insertByUrgency(running.get(i));
            }
        }
        // Beside prompts a step has more rows than weights to read: there a draft costs more than it saves.
        planStreams(running, drafts && (prefilling.isEmpty() || promptTurn));
        boolean streamsTurn = promptTurn && plan.segments() > 0;
        promptTurn = false;
        if (prefilling.isEmpty() || streamsTurn) {
            return plan;
        }
        int left = budget.promptTokens(plan.segments());
        if (!sharesStep(left)) {
            promptTurn = true;
            plan.clear();
            planned.clear();
        }
        left = Math.min(left, plan.room());
        for (int i = 0; i < prefilling.size() && left > 0; i++) {
            Sequence sequence = prefilling.get(i);
            int wanted = Math.min(sequence.gap(), left);
            int count =
                    sequence.isScoring() ? score(sequence, wanted, prefilling.size() - 1 - i) : plan(sequence, wanted);
            left -= count;
            promptTokens += count;
            promptSegments += count > 0 ? 1 : 0;
        }
        return plan;
    }

    private static boolean isPrompt(Sequence sequence) {
        return sequence.gap() > 1 || sequence.isScoring();
    }

    private void planStreams(List<Sequence> running, boolean drafts) {
        int streams = running.size() - prefilling.size();
        int left = streams;
        for (int i = 0; left > 0; i++) {
            Sequence sequence = running.get(i);
            if (isPrompt(sequence)) {
                continue;
            }
            left--;
            int drafted = drafts ? drafter.draft(sequence, streams, draftRoom(left)) : 0;
            if (drafted == 0) {
                plan(sequence, 1);
            } else {
                plan.addVerified(
                        sequence.slot,
                        sequence.tokens,
                        sequence.seen,
                        drafter.tokens(),
                        drafted,
                        sequence.sampler,
                        sequence.request.topLogprobs());
                planned.add(sequence);
            }
        }
    }

    /** Room for drafts of a sequence, with a row for itself and for each of those {@code left} after it. */
    private int draftRoom(int left) {
        int rows = Math.min(plan.outputRoom(), Math.min(plan.room(), StepBudget.TILE - 1 - plan.size()));
        return Math.max(0, rows - 1 - left);
    }

    /** Whether the streaming requests, which are planned, and up to {@code left} prompt tokens go into one step. */
    private boolean sharesStep(int left) {
        if (plan.segments() == 0) {
            return true;
        }
        int prompts = 0;
        for (int i = 0; i < prefilling.size() && prompts < left; i++) {
            prompts += prefilling.get(i).gap();
        }
        if (plan.segments() + Math.min(prompts, left) < StepBudget.TILE) {
            return true;
        }
        long context = 0;
        for (int i = 0; i < planned.size(); i++) {
            context += planned.get(i).size;
        }
        return context <= limits.mixedContext();
    }

    /** Returns how many of the wanted tokens go. */
    private int plan(Sequence sequence, int wanted) {
        boolean free = sequence.constraint == null || !sequence.constraint.isOpen();
        // While its mask is being found, all but the last token can go.
        int count = free ? wanted : Math.min(wanted, sequence.gap() - 1);
        if (count == 0) {
            return 0;
        }
        if (count == sequence.gap()) {
            plan.addSampled(
                    sequence.slot,
                    sequence.tokens,
                    sequence.seen,
                    count,
                    sequence.sampler,
                    sequence.request.topLogprobs(),
                    sequence.constraint == null ? null : sequence.constraint.mask());
        } else {
            plan.addPrefill(sequence.slot, sequence.tokens, sequence.seen, count);
        }
        planned.add(sequence);
        return count;
    }

    /**
     * Plans tokens of a prompt that is scored: what was scored before it lost its cells is only computed again.
     *
     * @param others prompts that come after it and may need a row each
     * @return how many of the wanted tokens go
     */
    private int score(Sequence sequence, int wanted, int others) {
        int known = sequence.scored - 1 - sequence.seen;
        if (known > 0) {
            return plan(sequence, Math.min(wanted, known));
        }
        boolean open = sequence.constraint != null && sequence.constraint.isOpen();
        int most = Math.min(open ? Math.min(wanted, sequence.gap() - 1) : wanted, plan.outputRoom() - others);
        if (most < 1) {
            return 0;
        }
        boolean whole = most == sequence.gap();
        plan.addScored(
                sequence.slot,
                sequence.tokens,
                sequence.seen,
                most,
                whole && sequence.request.maxTokens() > 0,
                whole ? -1 : sequence.tokens[sequence.seen + most],
                sequence.sampler,
                sequence.request.topLogprobs(),
                sequence.constraint == null ? null : sequence.constraint.mask());
        planned.add(sequence);
        return most;
    }

    /** Shortest remaining prompt first, but every step that one has waited counts for it, so that none starves. */
    private void insertByUrgency(Sequence sequence) {
        long urgency = urgency(sequence);
        int at = prefilling.size();
        while (at > 0 && urgency(prefilling.get(at - 1)) > urgency) {
            at--;
        }
        prefilling.add(at, sequence);
    }

    private long urgency(Sequence sequence) {
        return sequence.gap() - (long) sequence.age * limits.batchTokens() / AGEING;
    }

    /** The sequence of a segment of the plan. */
    Sequence sequence(int segment) {
        return planned.get(segment);
    }

    /** Learns what the planned step cost. */
    void observe(long micros) {
        budget.observe(promptTokens, plan.segments() - promptSegments, micros);
        if (promptTokens == 0) {
            drafter.observe(plan.size(), micros, budget.tokenMicros());
        }
        for (int i = 0; i < prefilling.size(); i++) {
            prefilling.get(i).age++;
        }
    }
}
