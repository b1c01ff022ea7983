package org.inaetics.demonstrator.broker;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;

/** Logs what goes wrong in the client, at most one line a second: a broker that is away fails everything at once. */
final class ErrorLog implements ErrorListener {
    private static final Logger LOG = System.getLogger("broker");

    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());

    @Override
    public void errorOccurred(Connection connection, String error) {
        log("error", error);
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception exception) {
        log("exception", String.valueOf(exception));
    }

    private void log(String what, String text) {
        long now = System.nanoTime();
        long quiet = quietUntil.get();
        if (now - quiet >= 0 && quietUntil.compareAndSet(quiet, now + 1_000_000_000L)) {
            LOG.log(Level.WARNING, "broker {0}: {1}", what, text);
        }
    }
}
