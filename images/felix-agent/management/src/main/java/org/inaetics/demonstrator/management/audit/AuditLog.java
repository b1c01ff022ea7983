package org.inaetics.demonstrator.management.audit;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;

/** Events that wait for their transfer to provisioning; bounded, the oldest are dropped. Safe for several threads. */
public final class AuditLog {
    private static final Logger LOG = System.getLogger("audit");

    private final int capacity;
    private final LongSupplier clock;
    private final ArrayDeque<AuditEvent> waiting = new ArrayDeque<>();
    private long lastId;

    /**
     * An empty log.
     *
     * @param capacity maximum number of events that wait
     * @param clock the time in milliseconds since the epoch
     */
    public AuditLog(int capacity, LongSupplier clock) {
        this.capacity = capacity;
        this.clock = clock;
    }

    /** Notes an event about the agent or a deployment package; version and message may be {@code null}. */
    public void add(String type, String version, String message) {
        add(type, version, null, null, message);
    }

    /** Notes an event about a bundle; every part but the type may be {@code null}. */
    public synchronized void add(String type, String version, String bundle, String bundleVersion, String message) {
        AuditEvent event = new AuditEvent(++lastId, clock.getAsLong(), type, version, bundle, bundleVersion, message);
        if (waiting.size() == capacity) {
            waiting.removeFirst();
        }
        waiting.addLast(event);
        LOG.log(Level.INFO, "{0}{1}{2}{3}", type, part(" ", version), part(" ", bundle), part(": ", message));
        notifyAll();
    }

    private static String part(String before, String text) {
        return text == null ? "" : before + text;
    }

    /** The oldest events, at most {@code max}; they stay until {@link #sent}. */
    public synchronized List<AuditEvent> oldest(int max) {
        return waiting.stream().limit(max).toList();
    }

    /** Forgets the events up to the one with this number. */
    public synchronized void sent(long id) {
        while (!waiting.isEmpty() && waiting.getFirst().id() <= id) {
            waiting.removeFirst();
        }
    }

    /** Waits until events exist. */
    public synchronized void await() throws InterruptedException {
        while (waiting.isEmpty()) {
            wait();
        }
    }
}
