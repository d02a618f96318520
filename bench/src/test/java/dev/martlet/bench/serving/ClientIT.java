package dev.martlet.bench.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ClientIT {
    private StandIn server;
    private Client client;

    @BeforeEach
    void start() throws IOException {
        server = new StandIn(0);
        client = new Client(server.port());
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    @Test
    void shouldReadAnAnswer() {
        Answer answer = client.send(Chat.of("one two three", 3));

        assertThat(answer.failure()).isEmpty();
        assertThat(answer.text()).isEqualTo("onetwothree");
        assertThat(answer.pieces()).hasSize(3).isSorted();
        assertThat(answer.pieces().getFirst()).isGreaterThanOrEqualTo(answer.sentAt());
        assertThat(answer.endedAt()).isGreaterThanOrEqualTo(answer.pieces().getLast());
        assertThat(answer.promptTokens()).isEqualTo(7);
        assertThat(answer.cachedTokens()).isEqualTo(3);
        assertThat(answer.outputTokens()).isEqualTo(3);
    }

    @Test
    void shouldKeepTheOrderOfManyAtOnce() throws InterruptedException {
        List<Answer> answers = client.sendAll(List.of(Chat.of("a", 1), Chat.of("b c", 2), Chat.of("d e f", 3)));

        assertThat(answers).extracting(Answer::outputTokens).containsExactly(1, 2, 3);
        assertThat(answers).allSatisfy(answer -> assertThat(answer.failure()).isEmpty());
    }

    @Test
    void shouldFailOnEveryAnswerThatIsNotWhole() {
        assertThat(client.send(Chat.of("one two", 3)).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("asked for 3 tokens, got 2"));
        assertThat(client.send(Chat.of("refuse", 1)).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("429", "full"));
        assertThat(client.send(Chat.of("break", 1)).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("[DONE]"));
        assertThat(client.send(Chat.of("spoil", 1)).failure())
                .hasValueSatisfying(why -> assertThat(why).contains("broken"));
    }

    @Test
    void shouldFailWithoutAServer() {
        Client alone = new Client(ServerProcess.freePort());

        assertThat(client.ready()).isTrue();
        assertThat(alone.ready()).isFalse();
        assertThat(alone.send(Chat.of("one", 1)).failure()).isPresent();
    }

    @Test
    void shouldHangUpWithoutAFailure() throws Exception {
        Client.Exchange exchange = client.exchange(Chat.of("hang", 100));
        CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(exchange::run);
        while (exchange.received() < 1) {
            Thread.onSpinWait();
        }
        exchange.hangUp();

        assertThat(answer.get().failure()).isEmpty();
        assertThat(answer.get().pieces()).hasSize(1);
    }
}
