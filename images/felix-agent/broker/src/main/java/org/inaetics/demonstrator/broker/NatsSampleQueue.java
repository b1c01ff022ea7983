package org.inaetics.demonstrator.broker;

import io.nats.client.FetchConsumeOptions;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.ConsumerContext;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The queue: a JetStream work-queue stream that refuses what is new when it is full. */
@Component
public final class NatsSampleQueue implements SampleQueue {
    private final JetStream jetStream;
    private final String subject;
    private volatile ConsumerContext consumer;

    /** A queue on the agent's connection. */
    @Activate
    public NatsSampleQueue(@Reference BrokerLink link) throws IOException {
        jetStream = Publishing.jetStream(link);
        subject = Names.SAMPLES_PREFIX + link.agent();
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

    /** Whether a put failed because the queue is full. */
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
            ConsumerContext current = consumer;
            if (current == null) {
                current = jetStream.getConsumerContext(Names.SAMPLES_STREAM, Names.PROCESSORS_CONSUMER);
                consumer = current;
            }
            return new NatsBatch(current.fetch(FetchConsumeOptions.builder()
                    .maxMessages(max)
                    .expiresIn(patience.toMillis())
                    .build()));
        } catch (JetStreamApiException | IOException | IllegalStateException e) {
            // Looked up afresh next time: the consumer may not exist yet, or was made anew.
            consumer = null;
            throw new IOException("samples cannot be taken: " + e.getMessage(), e);
        }
    }
}
