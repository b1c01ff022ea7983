package org.inaetics.demonstrator.common;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicLong;

/** Logs warnings at most once in 5 s: a thousand failures a second have the same reason. */
public final class QuietLog {
    private static final long PAUSE_NANOS = 5_000_000_000L;

    private final Logger logger;
    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());

    /** A log under the name of a part of the agent. */
    public QuietLog(String name) {
        logger = System.getLogger(name);
    }

    /** Logs a failure and its reason, unless the last warning was less than 5 s ago. */
    public void warn(String what, Object reason) {
        long now = System.nanoTime();
        long quiet = quietUntil.get();
        if (now - quiet >= 0 && quietUntil.compareAndSet(quiet, now + PAUSE_NANOS)) {
            logger.log(Level.WARNING, "{0}: {1}", what, reason);
        }
    }
}
