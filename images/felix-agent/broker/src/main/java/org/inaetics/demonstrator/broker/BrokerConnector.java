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
import java.util.function.BooleanSupplier;
import org.inaetics.demonstrator.common.AgentIdentity;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * Connects to the broker in the background, with unlimited attempts, and registers the {@link BrokerLink} that
 * queue, data store and statistics are built on. For the agent's readiness it also registers a
 * {@link BooleanSupplier} with the property {@code inaetics.readiness}.
 *
 * <p>The broker's address comes from discovery, through the configuration of this component: a new address restarts the
 * component. It also exists without an address, because an agent that waits for its broker is not ready.
 */
@Component(immediate = true, service = {}, configurationPid = "org.inaetics.demonstrator.broker")
public final class BrokerConnector {
    private static final Logger LOG = System.getLogger("broker");
    private static final long MAX_PAUSE_MS = 2000;

    /** The configuration that the agent's management keeps. */
    public @interface Address {
        /** URL of the broker, such as {@code nats://host:4222}; empty while it is not known. */
        String url() default "";
    }

    private final BundleContext context;
    private final String url;
    private final ServiceRegistration<BooleanSupplier> readiness;
    private final Thread thread = new Thread(this::connect, "broker-connect");
    private Connection connection;
    private ServiceRegistration<BrokerLink> link;
    private ConnectionListener.Events lastEvent;
    private boolean stopped;

    /** Starts connecting, if an address is known. */
    @Activate
    public BrokerConnector(BundleContext context, Address address) {
        this.context = context;
        url = address.url();
        Hashtable<String, Object> properties = new Hashtable<>(Map.of("inaetics.readiness", "broker"));
        readiness = context.registerService(BooleanSupplier.class, this::isConnected, properties);
        if (url.isBlank()) {
            LOG.log(Level.INFO, "discovery does not name a broker yet");
        } else {
            thread.setDaemon(true);
            thread.start();
        }
    }

    private synchronized boolean isConnected() {
        return connection != null && connection.getStatus() == Connection.Status.CONNECTED;
    }

    private void connect() {
        String pod = AgentIdentity.of(System.getenv(), 0).pod();
        try {
            Options options = BrokerOptions.from(url, System.getenv(), pod)
                    .connectionListener((c, event) -> logOnce(event))
                    .errorListener(new ErrorLog())
                    .build();
            offer(connected(options), Names.token(pod));
        } catch (IllegalArgumentException e) {
            LOG.log(Level.ERROR, "discovery names \"{0}\" as the broker, which is no address: {1}", url, e.getMessage());
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "stopped while connecting", e);
        }
    }

    private static Connection connected(Options options) throws InterruptedException {
        long pause = 100;
        while (true) {
            try {
                return Nats.connect(options);
            } catch (IOException e) {
                LOG.log(Level.WARNING, "broker at {0} cannot be reached yet: {1}", options.getServers(), e.getMessage());
                pause = Math.min(MAX_PAUSE_MS, pause * 2);
                Thread.sleep(pause);
            }
        }
    }

    /** Offers the connection to the other parts; closes one that was made too late. */
    private void offer(Connection made, String token) throws InterruptedException {
        try {
            ServiceRegistration<BrokerLink> registered =
                    context.registerService(BrokerLink.class, new BrokerLink(made, token), null);
            synchronized (this) {
                if (!stopped) {
                    connection = made;
                    link = registered;
                    return;
                }
            }
            registered.unregister();
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, "stopped while connecting", e);
        }
        made.close();
    }

    /** Logs only the first "disconnected", because every failed attempt to reconnect is one more. */
    private synchronized void logOnce(ConnectionListener.Events event) {
        if (lastEvent != event) {
            lastEvent = event;
            LOG.log(Level.INFO, "{0}", event);
        }
    }

    /** Ends the connection; messages that were handed in before are still sent. */
    @Deactivate
    public void stop() throws InterruptedException {
        Connection current;
        synchronized (this) {
            stopped = true;
            current = connection;
        }
        thread.interrupt();
        readiness.unregister();
        if (current != null) {
            // The users of the connection end first: messages that they hand in while they end are still sent.
            link.unregister();
            try {
                current.flushBuffer();
            } catch (IOException | IllegalStateException e) {
                LOG.log(Level.DEBUG, "the connection is closed already", e);
            }
            current.close();
        }
    }
}
