package dev.martlet.bench.serving;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/**
 * Measures rows: in each round every server in turn, each started for the run, warmed up with other texts, and ended.
 * No two run at the same time.
 */
final class Campaign {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    /** A configuration of the peer so many times worse than its best in the first round is not run again. */
    private static final double HOPELESS = 2;

    private final Plan plan;
    private final PrintStream progress;

    /**
     * What is measured, and on what.
     *
     * @param launcher the script {@code martlet}
     * @param peers the folder of {@code llama-server}
     * @param warmUp how long a server is used before it is measured
     * @param limit how long a run may take
     * @param model what rows without one of their own run on
     * @param work an empty folder for logs
     */
    record Plan(
            Path launcher,
            Path peers,
            Reference reference,
            Path model,
            int threads,
            int rounds,
            Duration warmUp,
            Duration limit,
            long seed,
            Path work) {}

    /** @param progress told of each run */
    Campaign(Plan plan, PrintStream progress) {
        this.plan = plan;
        this.progress = progress;
    }

    RowResult measure(Workload workload) throws InterruptedException {
        int cells = Setup.cells(workload);
        Map<Setup, Series> servers = new LinkedHashMap<>();
        for (Setup setup : Setup.all(plan.launcher(), plan.peers().resolve("llama-server"), workload.clients())) {
            servers.put(setup, new Series(setup.name(), setup.command(model(workload), 0, plan.threads(), cells)));
        }
        Optional<Series> reference = Optional.of(Reference.name(workload))
                .filter(name -> !name.isEmpty())
                .map(name -> new Series(name, List.of()));
        List<Series> peers = servers.entrySet().stream()
                .filter(server -> !server.getKey().ours())
                .map(Map.Entry::getValue)
                .toList();
        List<String> mismatches = new ArrayList<>();
        for (int round = 1; round <= plan.rounds(); round++) {
            long seed = Objects.hash(plan.seed(), workload.id(), round);
            List<Run> runs = new ArrayList<>();
            for (Map.Entry<Setup, Series> server : servers.entrySet()) {
                if (server.getValue().leftOut().isEmpty()) {
                    runs.add(run(workload, server.getKey(), server.getValue(), cells, seed, round));
                }
            }
            if (reference.isPresent()) {
                add(workload, reference.get(), round, refer(workload, seed));
            }
            mismatch(workload, runs).ifPresent(mismatches::add);
            if (round == 1) {
                leaveOutHopeless(workload, peers);
            }
        }
        Series martlet = servers.entrySet().stream()
                .filter(server -> server.getKey().ours())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
        return new RowResult(workload, cells, martlet, peers, reference, mismatches);
    }

    private Path model(Workload workload) {
        return workload.ownModel().orElse(plan.model());
    }

    private Run run(Workload workload, Setup setup, Series series, int cells, long seed, int round)
            throws InterruptedException {
        int port = ServerProcess.freePort();
        Path log = plan.work()
                .resolve(workload.id() + "-" + round + "-" + setup.name().replaceAll("[^a-z0-9]+", "-") + ".log");
        Run run;
        try (ServerProcess server = ServerProcess.start(
                setup.command(model(workload), port, plan.threads(), cells), port, log, START_LIMIT)) {
            warmUp(server.client(), seed);
            run = timed(workload, server, seed);
        } catch (ServingException e) {
            run = Run.failed(e.getMessage());
        } catch (TimeoutException e) {
            String why = "took longer than " + plan.limit().toSeconds() + " s";
            if (!setup.ours()) {
                series.leaveOut(why); // a slow peer is a finding, no failure
                progress.printf("%-10s %d/%d  %-24s %s%n", workload.id(), round, plan.rounds(), series.name(), why);
                return Run.failed(why);
            }
            run = Run.failed(why);
        }
        add(workload, series, round, run);
        return run;
    }

    private void add(Workload workload, Series series, int round, Run run) {
        series.add(run);
        String told = run.failures().isEmpty()
                ? workload.figures().stream()
                        .filter(run.figures()::containsKey)
                        .map(figure -> figure.label() + " "
                                + Table.number(run.figures().get(figure)) + " " + figure.unit())
                        .collect(Collectors.joining(", ", "", disturbance(run)))
                : "FAILED: " + run.failures().getFirst();
        progress.printf("%-10s %d/%d  %-24s %s%n", workload.id(), round, plan.rounds(), series.name(), told);
    }

    private static String disturbance(Run run) {
        return run.isDisturbed()
                ? String.format(
                        " (DISTURBED: others used %.0f %% of the processors)",
                        100 * run.details().get(Bystanders.DETAIL))
                : "";
    }

    private Run refer(Workload workload, long seed) throws InterruptedException {
        try {
            return plan.reference().run(workload, seed, plan.limit());
        } catch (ServingException e) {
            return Run.failed(e.getMessage());
        }
    }

    /** Makes the JIT, the caches and the allocators busy, with texts that no run has. */
    private void warmUp(Client client, long seed) throws InterruptedException {
        long end = System.nanoTime() + plan.warmUp().toNanos();
        Words words = new Words(~seed);
        do {
            List<Answer> answers = client.sendAll(List.of(
                    Chat.of(words.text(10), 16),
                    Chat.of(words.text(20), 16),
                    Chat.of(words.text(40), 16),
                    Chat.of(words.text(80), 16)));
            for (Answer answer : answers) {
                if (answer.failure().isPresent()) {
                    throw new ServingException("warm-up: " + answer.failure().get());
                }
            }
        } while (System.nanoTime() < end);
    }

    private Run timed(Workload workload, ServerProcess server, long seed)
            throws InterruptedException, TimeoutException {
        try (ExecutorService thread = Executors.newVirtualThreadPerTaskExecutor()) {
            Bystanders bystanders = Bystanders.watch(server.pid());
            Future<Run> run = thread.submit(
                    () -> workload.run(server, seed).withDetails(Map.of(Bystanders.DETAIL, bystanders.share())));
            try {
                return run.get(plan.limit().toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                server.kill(); // which ends the clients, and so the run
                throw e;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof ServingException failure) {
                    throw failure;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** Says so where whole runs of one round did not have the same prompts. */
    static Optional<String> mismatch(Workload workload, List<Run> runs) {
        List<Long> counts = runs.stream()
                .filter(Run::isWhole)
                .map(Run::promptTokens)
                .distinct()
                .toList();
        return workload.samePrompts() && counts.size() > 1
                ? Optional.of("the servers counted different prompt tokens: " + counts)
                : Optional.empty();
    }

    /** Leaves out the configurations of the peer that are far from the best, and were not disturbed. */
    static void leaveOutHopeless(Workload workload, List<Series> peers) {
        Figure figure = workload.figures().getFirst();
        List<Series> whole =
                peers.stream().filter(peer -> peer.median(figure).isPresent()).toList();
        whole.stream()
                .map(peer -> peer.median(figure).getAsDouble())
                .reduce((a, b) -> figure.isBetter(a, b) ? a : b)
                .ifPresent(best -> whole.stream()
                        .filter(peer -> peer.runs().stream().noneMatch(Run::isDisturbed))
                        .filter(peer -> figure.ratio(best, peer.median(figure).getAsDouble()) > HOPELESS)
                        .forEach(peer -> peer.leaveOut("more than " + (int) HOPELESS
                                + " times worse than the best configuration in the first round")));
    }
}
