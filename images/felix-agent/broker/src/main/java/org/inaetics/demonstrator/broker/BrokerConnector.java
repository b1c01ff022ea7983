package org.inaetics.demonstrator.broker;

import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.inaetics.demonstrator.common.AgentIdentity;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * Connects to the broker in the background, trying for as long as it takes, and registers the {@link BrokerLink} that
 * queue, data store and statistics are built on. It also registers what the agent's readiness asks: a
 * {@link BooleanSupplier} with the property {@code inaetics.readiness}.
 */
@Component(immediate = true, service = {})
public final class BrokerConnector {
    private static final Logger LOG = System.getLogger("broker");
    private static final long MAX_PAUSE_MS = 2000;

    private final BundleContext context;
    private final AtomicReference<Connection> connection = new AtomicReference<>();
    private final AtomicReference<ConnectionListener.Events> lastEvent = new AtomicReference<>();
    private final Thread thread = new Thread(this::connect, "broker-connect");
    private volatile boolean stopped;

    /** Starts connecting. */
    @Activate
    public BrokerConnector(BundleContext context) {
        this.context = context;
        Hashtable<String, Object> properties = new Hashtable<>(Map.of("inaetics.readiness", "broker"));
        context.registerService(BooleanSupplier.class, this::isConnected, properties);
        thread.setDaemon(true);
        thread.start();
    }

    private boolean isConnected() {
        Connection current = connection.get();
        return current != null && current.getStatus() == Connection.Status.CONNECTED;
    }

    private void connect() {
        String pod = AgentIdentity.of(System.getenv(), 0).pod();
        Options options = BrokerOptions.from(System.getenv(), pod)
                .connectionListener((c, event) -> logOnce(event))
                .errorListener(new ErrorLog())
                .build();
        long pause = 100;
        while (!stopped) {
            try {
                Connection made = Nats.connect(options);
                connection.set(made);
                context.registerService(BrokerLink.class, new BrokerLink(made, Names.token(pod)), null);
                return;
            } catch (IOException e) {
                LOG.log(Level.WARNING, "broker at {0} cannot be reached yet: {1}", options.getServers(), e.getMessage());
                pause = Math.min(MAX_PAUSE_MS, pause * 2);
                sleep(pause);
            } catch (InterruptedException e) {
                return;
            } catch (IllegalStateException e) {
                LOG.log(Level.DEBUG, "stopped while connecting", e);
                return;
            }
        }
    }

    /** Every failed attempt to reconnect is one more "disconnected": the first says it all. */
    private void logOnce(ConnectionListener.Events event) {
        if (lastEvent.getAndSet(event) != event) {
            LOG.log(Level.INFO, "{0}", event);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the connection; what was sent before still goes out. */
    @Deactivate
    public void stop() throws InterruptedException {
        stopped = true;
        thread.interrupt();
        Connection current = connection.get();
        if (current != null) {
            try {
                current.flushBuffer();
            } catch (IOException | IllegalStateException e) {
                LOG.log(Level.DEBUG, "nothing left to send to", e);
            }
            current.close();
        }
    }
}
