package dev.martlet.nativelib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NativeHandleTest {

    private final AtomicInteger freed = new AtomicInteger();
    private final NativeHandle handle = new NativeHandle("thing", MemorySegment.ofAddress(8), pointer -> {
        assertThat(pointer.address()).isEqualTo(8);
        freed.incrementAndGet();
        return 0;
    });

    @Test
    void shouldFreeOnceAndRefuseUseAfterwards() {
        assertThat(handle.acquire().address()).isEqualTo(8);
        handle.release();
        handle.close();
        handle.close();
        assertThat(freed).hasValue(1);
        assertThatThrownBy(handle::acquire)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the thing is closed");
        assertThatThrownBy(() -> handle.addDependent(() -> {})).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldWaitForCallsInside() throws Exception {
        handle.acquire();
        CountDownLatch closing = new CountDownLatch(1);
        handle.addDependent(closing::countDown);
        Thread closer = Thread.ofPlatform().start(handle::close);
        closing.await();
        assertThatThrownBy(handle::acquire).isInstanceOf(IllegalStateException.class);
        assertThat(freed).hasValue(0);
        handle.release();
        closer.join();
        assertThat(freed).hasValue(1);
    }

    @Test
    void shouldCloseWhatDependsOnItFirstTheLatestFirst() {
        List<String> order = new ArrayList<>();
        AutoCloseable gone = () -> order.add("gone");
        handle.addDependent(() -> order.add("first " + freed));
        handle.addDependent(gone);
        handle.addDependent(() -> order.add("second " + freed));
        handle.removeDependent(gone);
        handle.close();
        assertThat(order).containsExactly("second 0", "first 0");
    }

    @Test
    void shouldFreeAlsoWhenADependentFails() {
        handle.addDependent(() -> {
            throw new IllegalArgumentException("stuck");
        });
        assertThatThrownBy(handle::close)
                .isInstanceOf(IllegalStateException.class)
                .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("stuck"));
        assertThat(freed).hasValue(1);
        handle.close();
    }
}
