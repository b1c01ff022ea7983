package org.inaetics.demonstrator.broker;

import io.nats.client.Connection;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * The connection to the broker as a service; registered once it was made, and then mends itself.
 *
 * @param connection the one connection of this agent
 * @param agent the name of this agent as one token of a subject
 */
record BrokerLink(Connection connection, String agent) {
    /** Watches one kind of work over this connection. */
    Renewal renewal(String trouble) {
        return new Renewal(trouble, this::reconnect, System::nanoTime);
    }

    /** In the background, for those who notice hold threads of the connection; one that mends itself is left alone. */
    private void reconnect() {
        if (connection.getStatus() != Connection.Status.CONNECTED) {
            return;
        }
        Thread thread = new Thread(() -> {
            Logger log = System.getLogger("broker");
            try {
                connection.forceReconnect();
            } catch (IOException | IllegalStateException e) {
                log.log(Level.WARNING, "the connection could not be made anew: {0}", e.getMessage());
            } catch (InterruptedException e) {
                log.log(Level.DEBUG, "stopped while connecting anew", e);
            }
        }, "broker-renewal");
        thread.setDaemon(true);
        thread.start();
    }
}
