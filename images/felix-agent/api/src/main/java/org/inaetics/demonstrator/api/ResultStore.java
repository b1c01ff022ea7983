package org.inaetics.demonstrator.api;

import java.util.concurrent.CompletableFuture;

/** The data store. */
public interface ResultStore {
    /**
     * Stores a result; storing the result of the same sample again changes nothing.
     *
     * @return completes when the result is durable, exceptionally when it may not be
     */
    CompletableFuture<Void> store(Result result);
}
