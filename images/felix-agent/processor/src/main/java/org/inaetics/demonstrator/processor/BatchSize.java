package org.inaetics.demonstrator.processor;

/** How many samples a processor asks for at once. */
final class BatchSize {
    /** A processor that dies keeps this much work from the others until the queue delivers it again. */
    private static final double WORTH_MS = 100;
    private static final int MAX = 500;

    private BatchSize() {
    }

    /** About a tenth of a second of work, at least 1: large enough that asking costs nothing, small enough to share fairly. */
    static int of(double workMs) {
        return workMs <= 0 ? MAX : (int) Math.max(1, Math.min(MAX, WORTH_MS / workMs));
    }
}
