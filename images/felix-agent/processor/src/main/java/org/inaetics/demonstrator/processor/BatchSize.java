package org.inaetics.demonstrator.processor;

/** Number of samples that a processor requests at once. */
final class BatchSize {
    /** Maximum; a processor that dies keeps this much work from the others until the queue delivers it again. */
    private static final double WORTH_MS = 100;
    private static final int MAX = 500;

    private BatchSize() {
    }

    /** About 0.1 s of work, at least 1: large enough that requests cost nothing, small enough to share fairly. */
    static int of(double workMs) {
        return workMs <= 0 ? MAX : (int) Math.max(1, Math.min(MAX, WORTH_MS / workMs));
    }
}
