package org.inaetics.demonstrator.broker;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import org.inaetics.demonstrator.common.QuietLog;

/** Logs errors of the client. */
final class ErrorLog implements ErrorListener {
    private final QuietLog log = new QuietLog("broker");

    @Override
    public void errorOccurred(Connection connection, String error) {
        log.warn("error", error);
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception exception) {
        log.warn("exception", exception);
    }
}
