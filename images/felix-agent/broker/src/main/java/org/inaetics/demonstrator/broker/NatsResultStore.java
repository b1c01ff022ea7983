package org.inaetics.demonstrator.broker;

import io.nats.client.JetStream;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.inaetics.demonstrator.api.Result;
import org.inaetics.demonstrator.api.ResultStore;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The data store: a JetStream stream that knows results by the identity of their sample. */
@Component
public final class NatsResultStore implements ResultStore {
    private final JetStream jetStream;
    private final String subject;
    private final Renewal renewal;

    /** A store on the agent's connection. */
    @Activate
    public NatsResultStore(@Reference BrokerLink link) throws IOException {
        jetStream = Publishing.jetStream(link);
        subject = Names.RESULTS_PREFIX + link.agent();
        renewal = link.renewal("no result could be stored");
    }

    @Override
    public CompletableFuture<Void> store(Result result) {
        return Publishing.publish(jetStream, subject, result.sample().id(), Codec.encode(result))
                .whenComplete((ack, failure) -> {
                    if (failure == null) {
                        renewal.good();
                    } else {
                        renewal.bad(failure.getMessage());
                    }
                })
                .thenAccept(ack -> { });
    }
}
