package org.inaetics.demonstrator.management;

import java.util.function.Supplier;

/** Commands of the gogo shell in the scope {@code inaetics}. */
public final class AgentCommands {
    private final Supplier<String> status;

    AgentCommands(Supplier<String> status) {
        this.status = status;
    }

    /** Shows the identity of this agent, its bundles, and the services that it knows. */
    public String status() {
        return status.get();
    }
}
