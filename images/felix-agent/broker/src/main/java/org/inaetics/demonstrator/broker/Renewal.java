package org.inaetics.demonstrator.broker;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Gives up a connection that answers pings but over which the work stalls: after the loss of brokers, the others may
 * not know the subscriptions of a connected client, and only another connection helps.
 */
final class Renewal {
    /** Time limit; longer than an election of a leader, and than a sample's wait for its redelivery. */
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
     * @param trouble description of a stall, for the log
     * @param reconnect gives up the connection; returns at once
     * @param clock nanoseconds
     */
    Renewal(String trouble, Runnable reconnect, LongSupplier clock) {
        this.trouble = trouble;
        this.reconnect = reconnect;
        this.clock = clock;
    }

    /** Reports that the work goes on, or that no work exists. */
    synchronized void good() {
        troubled = false;
    }

    /** Reports that work failed or does not come; renews the connection after a long time without success. */
    synchronized void bad(Object why) {
        long now = clock.getAsLong();
        if (!troubled) {
            troubled = true;
            since = now;
        } else if (now - since >= PATIENCE.toNanos()) {
            LOG.log(Level.WARNING, "{0} for {1} s ({2}): connecting again", trouble, (now - since) / 1_000_000_000L, why);
            since = now;
            reconnect.run();
        }
    }
}
