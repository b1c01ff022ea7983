package org.inaetics.demonstrator.broker;

import io.nats.client.FetchConsumer;
import io.nats.client.JetStreamStatusCheckedException;
import io.nats.client.Message;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;

/** Samples of one pull request. */
final class NatsBatch implements SampleQueue.Batch {
    private static final Logger LOG = System.getLogger("broker");
    private static final Duration AGAIN_AFTER = Duration.ofMillis(500);

    private final FetchConsumer fetch;
    private final Runnable onDelivery;

    NatsBatch(FetchConsumer fetch, Runnable onDelivery) {
        this.fetch = fetch;
        this.onDelivery = onDelivery;
    }

    @Override
    public SampleQueue.Delivery next() throws IOException, InterruptedException {
        try {
            while (true) {
                Message message = fetch.nextMessage();
                if (message == null) {
                    return null;
                }
                onDelivery.run();
                try {
                    return new NatsDelivery(Codec.decodeSample(message.getData()), message);
                } catch (IllegalArgumentException e) {
                    // It would come back for ever: nobody can process it.
                    LOG.log(Level.WARNING, "message on {0} dropped: {1}", message.getSubject(), e.getMessage());
                    message.term();
                }
            }
        } catch (JetStreamStatusCheckedException | IllegalStateException e) {
            throw new IOException("the queue ended the delivery: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            fetch.close();
        } catch (Exception e) {
            LOG.log(Level.DEBUG, "closing a batch", e);
        }
    }

    private record NatsDelivery(Sample sample, Message message) implements SampleQueue.Delivery {
        @Override
        public void done() {
            answer(message::ack);
        }

        @Override
        public void giveBack() {
            answer(() -> message.nakWithDelay(AGAIN_AFTER));
        }

        private static void answer(Runnable answer) {
            try {
                answer.run();
            } catch (IllegalStateException e) {
                // No connection: the queue delivers the sample again, and storing its result again changes nothing.
                LOG.log(Level.DEBUG, "an acknowledgement was lost", e);
            }
        }
    }
}
