package dev.martlet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.martlet.engine.Appointments.Appointment;
import org.junit.jupiter.api.Test;

class AppointmentsTest {
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1_000 * MILLI;

    private final Appointments appointments = new Appointments();

    private long refuse(long request, long now) {
        return appointments.make(request, appointments.find(request, now), now, 300 * MILLI, 100 * MILLI, 10);
    }

    @Test
    void shouldGiveEachATimeOfItsOwn() {
        assertThat(refuse(1, 0)).isEqualTo(300 * MILLI);
        assertThat(refuse(2, 0)).isEqualTo(420 * MILLI);
        assertThat(refuse(3, 200 * MILLI)).as("behind both").isEqualTo(540 * MILLI);
        assertThat(appointments.due(420 * MILLI, 9)).isEqualTo(2);
        assertThat(appointments.due(SECOND, 1)).isEqualTo(1);
        assertThat(appointments.dueTokens(SECOND, 100)).isEqualTo(30);
        assertThat(appointments.dueTokens(SECOND, 15)).isEqualTo(15);
    }

    @Test
    void shouldKnowWhoComesBackFromItsTimeOn() {
        refuse(1, 0);
        assertThat(appointments.find(1, 200 * MILLI))
                .as("too early, it may be another")
                .isNull();
        assertThat(appointments.find(2, SECOND)).isNull();
        Appointment appointment = appointments.find(1, 290 * MILLI);
        assertThat(Appointments.isDue(appointment, 290 * MILLI)).isTrue();
        appointments.kept(appointment);
        assertThat(appointments.isEmpty()).isTrue();
        assertThat(appointments.find(1, SECOND)).isNull();
    }

    @Test
    void shouldTakeLikeRequestsInTheOrderOfTheirTimes() {
        refuse(1, 0);
        refuse(1, 0);
        appointments.kept(appointments.find(1, SECOND));
        assertThat(appointments.find(1, SECOND).due()).isEqualTo(420 * MILLI);
    }

    @Test
    void shouldLetOneThatFindsNoPlaceComeAgainSoon() {
        for (int request = 1; request <= 20; request++) {
            refuse(request, 0);
        }
        assertThat(refuse(1, 300 * MILLI))
                .as("behind the two or three who are due until then")
                .isBetween(500 * MILLI, 600 * MILLI);
        assertThat(appointments.due(Long.MAX_VALUE, 99)).isEqualTo(20);
    }

    @Test
    void shouldTellNoLongerTimeThanClientsBelieve() {
        long told = 0;
        for (int request = 0; request < 600; request++) {
            told = refuse(request, 0);
        }
        assertThat(told).isEqualTo(Appointments.LONGEST_NANOS);
        Appointment last = appointments.find(599, 60 * SECOND);
        assertThat(Appointments.isDue(last, 60 * SECOND)).isFalse();
        assertThat(refuse(599, 60 * SECOND)).as("the rest").isEqualTo(last.due() - 60 * SECOND);
    }

    @Test
    void shouldForgetWhoDoesNotComeAndExpectFewerThen() {
        for (int request = 0; request < 100; request++) {
            refuse(request, 0);
        }
        appointments.expire(2 * SECOND);
        assertThat(appointments.due(Long.MAX_VALUE, 999)).isEqualTo(100);
        appointments.expire(100 * SECOND);
        assertThat(appointments.isEmpty()).isTrue();
        refuse(1, 100 * SECOND);
        assertThat(refuse(2, 100 * SECOND)).as("hardly anybody came back").isBetween(300 * MILLI, 310 * MILLI);
    }

    @Test
    void shouldNotGrowWithoutEnd() {
        for (int request = 0; request < 10_000; request++) {
            refuse(request, 0);
        }
        assertThat(appointments.due(Long.MAX_VALUE, 99_999)).isEqualTo(4_096);
    }

    @Test
    void shouldTellRequestsApart() {
        GenerationRequest one = GenerationRequest.of(new int[] {1, 2, 3}, 10);
        assertThat(Appointments.known(GenerationRequest.of(new int[] {1, 2, 3}, 10)))
                .isEqualTo(Appointments.known(one));
        assertThat(Appointments.known(GenerationRequest.of(new int[] {1, 2, 4}, 10)))
                .isNotEqualTo(Appointments.known(one));
        assertThat(Appointments.known(GenerationRequest.of(new int[] {1, 2, 3}, 11)))
                .isNotEqualTo(Appointments.known(one));
        assertThat(Appointments.known(one.withTenant("other"))).isNotEqualTo(Appointments.known(one));
    }
}
