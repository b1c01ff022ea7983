package org.inaetics.demonstrator.management.deployment;

import java.io.IOException;
import org.inaetics.demonstrator.management.deployment.AgentStore.Note;

/**
 * The mark of an installation that is not over. A process that finds one knows that the former process crashed with it.
 * A former process that was asked to stop is forgiven only once, because a bundle can end the process in the same way.
 */
final class Marker {
    private static final String FIRST = "first attempt";
    private static final String STOPPED = "stopped by order";
    private static final String AGAIN = "attempt after a stop";

    private final AgentStore store;
    private final String version;
    private final boolean again;

    private Marker(AgentStore store, String version, boolean again) {
        this.store = store;
        this.version = version;
        this.again = again;
    }

    static Marker set(AgentStore store, String version) throws IOException {
        boolean again = store.marked().filter(new Note(version, STOPPED)::equals).isPresent();
        store.mark(version, again ? AGAIN : FIRST);
        return new Marker(store, version, again);
    }

    static boolean isForgivable(String note) {
        return note.equals(STOPPED);
    }

    /** Notes that the agent was asked to stop before the installation was over. */
    void interrupted() throws IOException {
        if (!again) {
            store.mark(version, STOPPED);
        }
    }
}
