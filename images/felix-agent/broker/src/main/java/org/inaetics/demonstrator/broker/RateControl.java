package org.inaetics.demonstrator.broker;

import io.nats.client.JetStreamApiException;
import io.nats.client.KeyValue;
import io.nats.client.api.KeyValueEntry;
import io.nats.client.api.KeyValueWatcher;
import io.nats.client.impl.NatsKeyValueWatchSubscription;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.inaetics.demonstrator.api.Producer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Sets the rate of every {@link Producer} to the percentage of its maximum that the settings ask for. */
@Component(immediate = true, service = {})
public final class RateControl {
    private static final Logger LOG = System.getLogger("rate");
    private static final long CHECK_SECONDS = 3;

    private final BrokerLink link;
    private final Set<Producer> producers = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "rate-control"));
    private volatile double percent = Percentage.STANDARD;
    private NatsKeyValueWatchSubscription watch;

    /** Starts following the setting. */
    @Activate
    public RateControl(@Reference BrokerLink link) {
        this.link = link;
        // The watch reports at once. Periodic reads also find changes that a watch misses while the broker's leader
        // changes, and start the watch as soon as the settings exist.
        timer.scheduleWithFixedDelay(this::check, 0, CHECK_SECONDS, TimeUnit.SECONDS);
    }

    /** Adds a producer; it gets the current value. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addProducer(Producer producer) {
        producers.add(producer);
        apply(producer);
    }

    /** Removes a producer. */
    public void removeProducer(Producer producer) {
        producers.remove(producer);
    }

    private void check() {
        if (producers.isEmpty()) {
            return;
        }
        try {
            KeyValue settings = link.connection().keyValue(Names.SETTINGS_BUCKET);
            KeyValueEntry entry = settings.get(Names.RATE_KEY);
            if (entry != null) {
                accept(entry);
            }
            if (watch == null) {
                watch = settings.watch(Names.RATE_KEY, new Watcher());
            }
        } catch (IOException | JetStreamApiException | RuntimeException e) {
            LOG.log(Level.DEBUG, "the settings cannot be read yet", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(KeyValueEntry entry) {
        byte[] data = entry.getValue();
        String text = data == null ? "" : new String(data, StandardCharsets.UTF_8);
        double wanted = Percentage.parse(text).orElse(percent);
        if (wanted != percent) {
            LOG.log(Level.INFO, "rate: {0} % of the maximum (was {1} %)", wanted, percent);
            percent = wanted;
        }
        producers.forEach(this::apply);
    }

    private void apply(Producer producer) {
        producer.setSampleRate(producer.getMaxSampleRate() * percent / 100);
    }

    /** Stops following. */
    @Deactivate
    public void stop() {
        timer.shutdownNow();
    }

    private final class Watcher implements KeyValueWatcher {
        @Override
        public void watch(KeyValueEntry entry) {
            accept(entry);
        }

        @Override
        public void endOfData() {
            // The present value is known already: nothing to do.
        }
    }
}
