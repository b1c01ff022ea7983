package org.inaetics.demonstrator.management.deployment;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Limits the time for which foreign code may block its calling thread: interrupts it, and gives the process up when
 * that does not help, because a bundle that does not return from its start holds locks of the framework for ever.
 */
final class Guard {
    private static final Logger LOG = System.getLogger("deployment");

    /** Foreign code. */
    interface Action<E extends Exception> {
        /** Runs it. */
        void run() throws E;
    }

    private final Duration limit;
    private final Duration grace;
    private final Runnable giveUp;

    /**
     * A guard.
     *
     * @param limit maximum time of an action
     * @param grace maximum time until it ends once it was interrupted
     * @param giveUp ends the process; the next process treats the begun action as a crash
     */
    Guard(Duration limit, Duration grace, Runnable giveUp) {
        this.limit = limit;
        this.grace = grace;
        this.giveUp = giveUp;
    }

    /**
     * Runs an action in this thread.
     *
     * @return false when it had to be interrupted
     */
    <E extends Exception> boolean run(Action<E> action) throws E {
        Watch watch = new Watch(Thread.currentThread());
        watch.start();
        try {
            action.run();
        } finally {
            watch.end();
        }
        return !watch.interrupted;
    }

    private final class Watch extends Thread {
        private final Thread watched;
        private boolean over;
        private boolean interrupted;

        Watch(Thread watched) {
            super("deployment-guard");
            setDaemon(true);
            this.watched = watched;
        }

        @Override
        public synchronized void run() {
            try {
                await(limit);
                if (!over) {
                    LOG.log(Level.WARNING,
                            "a bundle has been busy for {0} ms with its start or end; it is interrupted", limit.toMillis());
                    interrupted = true;
                    watched.interrupt();
                    await(grace);
                }
                if (!over) {
                    LOG.log(Level.ERROR, "a bundle does not return from its start or end: this process ends");
                    giveUp.run();
                }
            } catch (InterruptedException e) {
                LOG.log(Level.DEBUG, "the guard ends", e);
            }
        }

        private void await(Duration time) throws InterruptedException {
            long end = System.nanoTime() + time.toNanos();
            for (long left = time.toMillis(); !over && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        }

        synchronized void end() {
            over = true;
            notifyAll();
            if (interrupted) {
                // The interrupt was meant for the bundle.
                Thread.interrupted();
            }
        }
    }
}
