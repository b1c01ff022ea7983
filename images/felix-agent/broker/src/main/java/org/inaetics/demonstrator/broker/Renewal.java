package org.inaetics.demonstrator.broker;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Gives up a connection that answers pings but over which the work does not go on: after brokers were lost, the others may
 * not know the subscriptions of a client that is connected, and only another connection helps.
 */
final class Renewal {
    /** Longer than brokers need to agree on a leader, and than a sample waits for its redelivery. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Logger LOG = System.getLogger("broker");

    private final String trouble;
    private final Runnable reconnect;
    private final LongSupplier clock;
    private boolean troubled;
    private long since;

    /**
     * One for each kind of work.
     *
     * @param trouble what it means that it does not go on, for the log
     * @param reconnect gives up the connection; returns at once
     * @param clock nanoseconds
     */
    Renewal(String trouble, Runnable reconnect, LongSupplier clock) {
        this.trouble = trouble;
        this.reconnect = reconnect;
        this.clock = clock;
    }

    /** The work goes on, or there is none. */
    synchronized void good() {
        troubled = false;
    }

    /** The work failed, or there is some that does not come; when nothing went well for long, the connection is renewed. */
    synchronized void bad(Object why) {
        long now = clock.getAsLong();
        if (!troubled) {
            troubled = true;
            since = now;
        } else if (now - since >= PATIENCE.toNanos()) {
            LOG.log(Level.WARNING, "{0} for {1} s ({2}): connecting anew", trouble, (now - since) / 1_000_000_000L, why);
            since = now;
            reconnect.run();
        }
    }
}
