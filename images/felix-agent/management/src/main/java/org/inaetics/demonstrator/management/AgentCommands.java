package org.inaetics.demonstrator.management;

import java.util.function.Supplier;

/** Commands of the gogo shell in the scope {@code inaetics}. */
public final class AgentCommands {
    private final Supplier<String> status;

    AgentCommands(Supplier<String> status) {
        this.status = status;
    }

    /** What this agent is, what it runs, and whom it knows. */
    public String status() {
        return status.get();
    }
}
