package org.inaetics.demonstrator.broker;

import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamSubscription;
import io.nats.client.PullSubscribeOptions;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** The queue: a JetStream work-queue stream that refuses new samples when it is full. */
@Component
public final class NatsSampleQueue implements SampleQueue {
    private static final Logger LOG = System.getLogger("broker");
    private static final Duration LOOK_AFTER = Duration.ofSeconds(5);
    /** Delay with which a busy broker may report the end of a request. */
    private static final Duration GRACE = Duration.ofMillis(500);

    private final JetStream jetStream;
    private final String subject;
    private final Renewal renewal;
    private volatile JetStreamSubscription subscription;
    private long quietSince = System.nanoTime();

    /** A queue on the agent's connection. */
    @Activate
    public NatsSampleQueue(@Reference BrokerLink link) throws IOException {
        jetStream = Publishing.jetStream(link);
        subject = Names.SAMPLES_PREFIX + link.agent();
        renewal = link.renewal("no sample came");
    }

    @Override
    public CompletableFuture<Boolean> put(Sample sample) {
        return Publishing.publish(jetStream, subject, sample.id(), Codec.encode(sample)).handle((ack, failure) -> {
            if (failure == null) {
                return true;
            }
            if (isFull(failure)) {
                return false;
            }
            throw failure instanceof CompletionException known ? known : new CompletionException(failure);
        });
    }

    /** True when a put failed because the queue is full. */
    static boolean isFull(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof JetStreamApiException api && api.getApiErrorCode() == Names.STREAM_FULL) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Batch take(int max, Duration patience) throws IOException {
        try {
            JetStreamSubscription current = subscription();
            lookWhenQuiet(current);
            current.pullExpiresIn(max, patience);
            return new NatsBatch(current, max, patience.plus(GRACE), this::delivered);
        } catch (JetStreamApiException | IOException | IllegalStateException e) {
            renewal.bad(e.getMessage());
            throw new IOException("samples cannot be taken: " + e.getMessage(), e);
        }
    }

    /** Binds the consumer when needed, as it may not exist before. Requests name it, and also reach one made again. */
    private JetStreamSubscription subscription() throws JetStreamApiException, IOException {
        if (subscription == null) {
            subscription = jetStream.subscribe(
                    null, PullSubscribeOptions.bind(Names.SAMPLES_STREAM, Names.PROCESSORS_CONSUMER));
        }
        return subscription;
    }

    /** Ends taking. */
    @Deactivate
    public void stop() {
        try {
            if (subscription != null) {
                subscription.unsubscribe();
            }
        } catch (IllegalStateException e) {
            LOG.log(Level.DEBUG, "the connection is closed already", e);
        }
    }

    private void delivered() {
        quietSince = System.nanoTime();
        renewal.good();
    }

    /** Checks whether nothing comes because the queue is empty. */
    private void lookWhenQuiet(JetStreamSubscription current) throws JetStreamApiException, IOException {
        long now = System.nanoTime();
        if (now - quietSince < LOOK_AFTER.toNanos()) {
            return;
        }
        quietSince = now;
        long waiting = current.getConsumerInfo().getNumPending();
        if (waiting == 0) {
            renewal.good();
        } else {
            renewal.bad(waiting + " wait");
        }
    }
}
