package org.inaetics.demonstrator.api;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The bounded queue between producers and processors. What it accepted is delivered until it is acknowledged. */
public interface SampleQueue {
    /**
     * Puts a sample without blocking.
     *
     * @return completes with {@code true} when the queue holds the sample durably, with {@code false} when it refused
     *     the sample because it is full; completes exceptionally when that is not known (time-out, no connection)
     */
    CompletableFuture<Boolean> put(Sample sample);

    /**
     * Starts taking up to {@code max} samples.
     *
     * @param max maximum number of samples, at least 1
     * @param patience maximum time to wait for them
     * @throws IOException when the queue cannot be reached or does not exist yet
     */
    Batch take(int max, Duration patience) throws IOException;

    /** Samples in transit to one processor. */
    interface Batch {
        /**
         * Waits for the next sample.
         *
         * @return the delivery, or {@code null} when the batch is over
         * @throws IOException when the queue broke the batch off
         */
        Delivery next() throws IOException, InterruptedException;
    }

    /** One sample that must be acknowledged; otherwise the queue delivers it again, to any processor. */
    interface Delivery {
        /** The sample itself. */
        Sample sample();

        /** Reports to the queue that the result is stored: the sample is done. */
        void done();

        /** Gives the sample back: the queue delivers it again soon. */
        void giveBack();
    }
}
