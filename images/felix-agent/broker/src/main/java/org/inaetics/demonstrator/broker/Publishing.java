package org.inaetics.demonstrator.broker;

import io.nats.client.JetStream;
import io.nats.client.JetStreamOptions;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Durable publishing: the future completes when the broker has the message on disk. */
final class Publishing {
    private static final String MESSAGE_ID = "Nats-Msg-Id";

    private Publishing() {
    }

    static JetStream jetStream(BrokerLink link) throws IOException {
        return link.connection().jetStream(JetStreamOptions.builder().requestTimeout(BrokerOptions.ANSWER).build());
    }

    /** Publishes under an identity that the broker stores once only; failures of any kind end up in the future. */
    static CompletableFuture<PublishAck> publish(JetStream jetStream, String subject, String id, byte[] data) {
        try {
            return jetStream.publishAsync(subject, new Headers().add(MESSAGE_ID, id), data);
        } catch (IllegalStateException e) {
            return CompletableFuture.failedFuture(new IOException("no connection to the broker: " + e.getMessage(), e));
        }
    }
}
