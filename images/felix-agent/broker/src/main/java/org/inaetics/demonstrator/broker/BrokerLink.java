package org.inaetics.demonstrator.broker;

import io.nats.client.Connection;

/**
 * The connection to the broker as a service; registered once it was made, and then mends itself.
 *
 * @param connection the one connection of this agent
 * @param agent the name of this agent as one token of a subject
 */
record BrokerLink(Connection connection, String agent) {
}
