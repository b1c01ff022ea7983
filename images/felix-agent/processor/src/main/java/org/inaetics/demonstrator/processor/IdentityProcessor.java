package org.inaetics.demonstrator.processor;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.inaetics.demonstrator.api.ResultStore;
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

/** Takes samples from the queue, works on each for a while and stores the result. */
@Component(immediate = true, service = StatsProvider.class)
public final class IdentityProcessor implements StatsProvider {
    private static final Logger LOG = System.getLogger("processor");
    private static final double STANDARD_WORK_MS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final long MAX_PAUSE_MS = 1000;
    private static final int WINDOW = 256;

    private final AgentIdentity identity = AgentIdentity.of(System.getenv(), System.currentTimeMillis());
    private final double workMs = Settings.number(System.getenv(), "PROCESSOR_WORK_MS", STANDARD_WORK_MS, 0, 60_000);
    private final RateMeter meter = new RateMeter(System.nanoTime());
    private final SampleQueue queue;
    private final Processing processing;
    private final Thread thread = new Thread(this::run, "processor");
    private volatile boolean stopped;

    /** Starts processing. */
    @Activate
    public IdentityProcessor(@Reference SampleQueue queue, @Reference ResultStore store) {
        this.queue = queue;
        processing = new Processing(store, identity.pod(), workMs, WINDOW);
        thread.start();
        LOG.log(Level.INFO, "processor {0} started, {1} ms of work a sample", identity.pod(), workMs);
    }

    @Override
    public Stats stats() {
        long processed = processing.processed();
        double measured = meter.rate(processed, System.nanoTime());
        String name = "Identity processor (" + identity.shortName() + ")";
        return new Stats(name, "processor", measured, 0, 0, 0, 0, processed);
    }

    private void run() {
        int size = BatchSize.of(workMs);
        long pause = 0;
        String lastTrouble = "";
        while (!stopped) {
            try {
                SampleQueue.Batch batch = queue.take(size, PATIENCE);
                for (SampleQueue.Delivery delivery = batch.next(); delivery != null; delivery = batch.next()) {
                    processing.process(delivery);
                }
                pause = 0;
                lastTrouble = "";
            } catch (IOException e) {
                if (!lastTrouble.equals(e.getMessage())) {
                    lastTrouble = String.valueOf(e.getMessage());
                    LOG.log(Level.WARNING, "no samples for now: {0}", lastTrouble);
                }
                pause = Math.min(MAX_PAUSE_MS, Math.max(50, pause * 2));
                pause(pause);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "a sample could not be processed; the queue delivers it again", e);
                pause(MAX_PAUSE_MS);
            }
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops, after the outstanding results are stored. */
    @Deactivate
    public void stop() throws InterruptedException {
        stopped = true;
        thread.join(200);
        thread.interrupt();
        thread.join(500);
        processing.drain(Duration.ofSeconds(2));
        LOG.log(Level.INFO, "processor stopped: {0} processed", processing.processed());
    }
}
