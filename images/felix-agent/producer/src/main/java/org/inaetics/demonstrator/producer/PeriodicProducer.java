package org.inaetics.demonstrator.producer;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.inaetics.demonstrator.api.Producer;
import org.inaetics.demonstrator.api.SampleQueue;
import org.inaetics.demonstrator.api.Stats;
import org.inaetics.demonstrator.api.StatsProvider;
import org.inaetics.demonstrator.common.AgentIdentity;
import org.inaetics.demonstrator.common.RateMeter;
import org.inaetics.demonstrator.common.Settings;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Makes samples at the steady rate that is set, and puts them into the queue. */
@Component(immediate = true, service = {Producer.class, StatsProvider.class})
public final class PeriodicProducer implements Producer, StatsProvider {
    private static final Logger LOG = System.getLogger("producer");
    private static final int WINDOW = 256;
    private static final double STANDARD_MAX_RATE = 1000;
    /** Pause between wake-ups; a shorter one costs more than it smooths. */
    private static final long TICK_NANOS = 2_000_000;
    private static final long IDLE_NANOS = 100_000_000;

    private final AgentIdentity identity = AgentIdentity.of(System.getenv(), System.currentTimeMillis());
    private final double maxRate =
            Settings.number(System.getenv(), "PRODUCER_MAX_RATE", STANDARD_MAX_RATE, 1, 1_000_000);
    private final SampleSource source = new SampleSource(identity.instance());
    private final RateMeter meter = new RateMeter(System.nanoTime());
    private final Sender sender;
    private final Thread thread = new Thread(this::run, "producer");
    private volatile double sampleRate;
    private volatile boolean stopped;

    /** Starts producing; at rate 0 until the rate is set. */
    @Activate
    public PeriodicProducer(@Reference SampleQueue queue) {
        sender = new Sender(queue, WINDOW);
        thread.start();
        LOG.log(Level.INFO, "producer {0} started, at most {1} samples/s", identity.instance(), maxRate);
    }

    @Override
    public double getMaxSampleRate() {
        return maxRate;
    }

    @Override
    public double getSampleRate() {
        return sampleRate;
    }

    @Override
    public void setSampleRate(double samplesPerSecond) {
        if (!(samplesPerSecond >= 0 && samplesPerSecond <= maxRate)) {
            throw new IllegalArgumentException(
                    "sample rate: got " + samplesPerSecond + "; allowed is 0 to " + maxRate + " samples/s");
        }
        if (samplesPerSecond != sampleRate) {
            sampleRate = samplesPerSecond;
            LockSupport.unpark(thread);
        }
    }

    @Override
    public Stats stats() {
        long accepted = sender.accepted();
        double measured = meter.rate(accepted, System.nanoTime());
        String name = "Periodic Sample Producer (" + identity.shortName() + ")";
        return new Stats(name, "producer", measured, sampleRate, maxRate, accepted, sender.rejected(), 0);
    }

    private void run() {
        Pacer pacer = new Pacer(System.nanoTime());
        double rate = 0;
        try {
            while (!stopped) {
                if (rate != sampleRate) {
                    rate = sampleRate;
                    pacer.setRate(rate, System.nanoTime());
                }
                for (int due = pacer.take(System.nanoTime()); due > 0 && !stopped; due--) {
                    sender.send(source.next(System.currentTimeMillis()));
                }
                LockSupport.parkNanos(this, Math.min(IDLE_NANOS, Math.max(TICK_NANOS, pacer.nanosUntilNext())));
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "producer was interrupted", e);
        }
    }

    /** Stops, after a wait for outstanding answers. */
    @Deactivate
    public void stop() throws InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join(1000);
        thread.interrupt();
        sender.drain(Duration.ofSeconds(1));
        LOG.log(Level.INFO, "producer stopped: {0} accepted, {1} rejected", sender.accepted(), sender.rejected());
    }
}
