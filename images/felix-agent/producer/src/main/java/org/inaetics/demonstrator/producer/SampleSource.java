package org.inaetics.demonstrator.producer;

import java.util.concurrent.ThreadLocalRandom;
import org.inaetics.demonstrator.api.Sample;

/** Makes samples of random values, each with an identity of its own. Not safe for several threads. */
final class SampleSource {
    private static final double RANGE = 100;

    private final String producer;
    private long sequence;

    /** A source whose samples are numbered from 1 under the name of a producer that never existed before. */
    SampleSource(String producer) {
        this.producer = producer;
    }

    /** The next sample, taken at {@code millis} since the epoch. */
    Sample next(long millis) {
        sequence++;
        return new Sample(producer + "-" + sequence, millis, random(), random());
    }

    private static double random() {
        return Math.rint(ThreadLocalRandom.current().nextDouble(-RANGE, RANGE) * 1000) / 1000;
    }
}
