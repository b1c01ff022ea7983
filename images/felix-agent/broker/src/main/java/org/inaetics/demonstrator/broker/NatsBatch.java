package org.inaetics.demonstrator.broker;

import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.inaetics.demonstrator.api.Sample;
import org.inaetics.demonstrator.api.SampleQueue;

/**
 * Samples of one pull request, or late ones of the request before: the subscription outlives the requests, so that
 * samples in transit at a request's end need not wait for their redelivery.
 */
final class NatsBatch implements SampleQueue.Batch {
    private static final Logger LOG = System.getLogger("broker");
    private static final Duration AGAIN_AFTER = Duration.ofMillis(500);

    private final JetStreamSubscription subscription;
    private final Runnable onDelivery;
    private final long deadline;
    private int left;

    /**
     * A batch that has been requested.
     *
     * @param max samples that were asked for
     * @param patience time after which it is over without the broker's message
     * @param onDelivery called for every message
     */
    NatsBatch(JetStreamSubscription subscription, int max, Duration patience, Runnable onDelivery) {
        this.subscription = subscription;
        this.onDelivery = onDelivery;
        deadline = System.nanoTime() + patience.toNanos();
        left = max;
    }

    @Override
    public SampleQueue.Delivery next() throws IOException, InterruptedException {
        while (left > 0) {
            Message message = nextMessage();
            if (message == null) {
                return null;
            }
            left--;
            onDelivery.run();
            try {
                return new NatsDelivery(Codec.decodeSample(message.getData()), message);
            } catch (IllegalArgumentException e) {
                // It would come back for ever, because no processor can process it.
                LOG.log(Level.WARNING, "message on {0} dropped: {1}", message.getSubject(), e.getMessage());
                message.term();
            }
        }
        return null;
    }

    private Message nextMessage() throws IOException, InterruptedException {
        long patience = Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
        try {
            return subscription.nextMessage(patience);
        } catch (IllegalStateException e) {
            throw new IOException("the queue ended the delivery: " + e.getMessage(), e);
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
                // No connection: the queue delivers the sample again, and storing its result again has no effect.
                LOG.log(Level.DEBUG, "an acknowledgement was lost", e);
            }
        }
    }
}
