package org.inaetics.demonstrator.broker;

import io.nats.client.Connection;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.inaetics.demonstrator.api.StatsProvider;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Publishes the figures of every {@link StatsProvider} once a second. They are not durable: the next second has newer ones. */
@Component(immediate = true, service = {})
public final class StatisticsPublisher {
    private static final Logger LOG = System.getLogger("statistics");

    private final BrokerLink link;
    private final Set<StatsProvider> providers = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "statistics"));

    /** Starts publishing. */
    @Activate
    public StatisticsPublisher(@Reference BrokerLink link) {
        this.link = link;
        timer.scheduleAtFixedRate(this::publish, 1, 1, TimeUnit.SECONDS);
    }

    /** Adds a provider. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addProvider(StatsProvider provider) {
        providers.add(provider);
    }

    /** Removes a provider. */
    public void removeProvider(StatsProvider provider) {
        providers.remove(provider);
    }

    private void publish() {
        for (StatsProvider provider : providers) {
            try {
                byte[] figures = Codec.encode(link.agent(), provider.stats());
                if (link.connection().getStatus() == Connection.Status.CONNECTED) {
                    link.connection().publish(Names.STATISTICS_PREFIX + link.agent(), figures);
                }
            } catch (RuntimeException e) {
                LOG.log(Level.DEBUG, "figures of one second were not published", e);
            }
        }
    }

    /** Stops publishing. */
    @Deactivate
    public void stop() {
        timer.shutdownNow();
    }
}
