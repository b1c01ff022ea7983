package org.inaetics.demonstrator.management.audit;

import com.eclipsesource.json.Json;
import com.eclipsesource.json.JsonArray;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * Sends the events of an {@link AuditLog}, in order, each until provisioning has confirmed it. Provisioning
 * recognises a repeated event by its number.
 */
public final class AuditSender implements Runnable {
    private static final Logger LOG = System.getLogger("audit");
    private static final int BATCH = 100;
    private static final long FIRST_PAUSE_MS = 1000;
    private static final long MAX_PAUSE_MS = 5000;

    /** Receiver of events. */
    public interface Receiver {
        /**
         * Hands in events.
         *
         * @param json the body of {@code /auditlog/send}
         * @return false when the receiver will never take these
         * @throws IOException when they should be sent again later
         */
        boolean take(String json) throws IOException, InterruptedException;
    }

    private final AuditLog log;
    private final Receiver receiver;
    private final String target;
    private final String boot;

    /**
     * A sender that has not begun.
     *
     * @param target name of this agent
     * @param boot different for every start of this agent: numbers of events are unique within it
     */
    public AuditSender(AuditLog log, Receiver receiver, String target, String boot) {
        this.log = log;
        this.receiver = receiver;
        this.target = target;
        this.boot = boot;
    }

    /** Sends until interrupted. */
    @Override
    public void run() {
        long pause = FIRST_PAUSE_MS;
        try {
            while (true) {
                log.await();
                try {
                    sendSome();
                    pause = FIRST_PAUSE_MS;
                } catch (IOException e) {
                    LOG.log(Level.DEBUG, "events wait", e);
                    Thread.sleep(pause);
                    pause = Math.min(MAX_PAUSE_MS, pause * 2);
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "sending ends", e);
        }
    }

    /** Sends waiting events, as many as one request takes; nothing when none wait. */
    void sendSome() throws IOException, InterruptedException {
        List<AuditEvent> events = log.oldest(BATCH);
        if (events.isEmpty()) {
            return;
        }
        JsonArray list = new JsonArray();
        events.forEach(event -> list.add(event.json()));
        String body = Json.object().add("target", target).add("boot", boot).add("events", list).toString();
        if (!receiver.take(body)) {
            LOG.log(Level.WARNING, "provisioning refuses {0} events; they are dropped", events.size());
        }
        log.sent(events.get(events.size() - 1).id());
    }

    /** Sends the events that still wait, until the first failure. */
    public void flush() throws InterruptedException {
        try {
            while (!log.oldest(1).isEmpty()) {
                sendSome();
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the last events are lost", e);
        }
    }
}
