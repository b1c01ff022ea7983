package org.inaetics.demonstrator.broker;

import io.nats.client.Connection;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The connection to the broker as a service; registered once it was made, and then reconnects by itself.
 *
 * @param connection the one connection of this agent
 * @param agent the name of this agent as one token of a subject
 */
record BrokerLink(Connection connection, String agent) {
    /** Watches one kind of work over this connection. */
    Renewal renewal(String trouble) {
        return new Renewal(trouble, this::reconnect, System::nanoTime);
    }

    /** Runs in the background, because the callers hold the connection's threads; does nothing during a reconnect. */
    private void reconnect() {
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            return;
        }
        Thread thread = new Thread(() -> {
            Logger log = System.getLogger("broker");
            try {
                connection.forceReconnect();
            } catch (IOException | IllegalStateException e) {
                log.log(Level.WARNING, "the agent could not connect again: {0}", e.getMessage());
            } catch (InterruptedException e) {
                log.log(Level.DEBUG, "stopped while connecting again", e);
            }
        }, "broker-renewal");
        thread.setDaemon(true);
        thread.start();
    }
}
