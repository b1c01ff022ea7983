package org.inaetics.demonstrator.management.testing;

import java.util.concurrent.CountDownLatch;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/** Activators of the tests' bundles; each is in a bundle of its own. */
public final class Activators {
    private Activators() {
    }

    /** Just starts. */
    public static class Good implements BundleActivator {
        @Override
        public void start(BundleContext context) throws Exception {
            // Nothing to do.
        }

        @Override
        public void stop(BundleContext context) {
            // Nothing to do.
        }
    }

    /** Just starts, too. */
    public static final class AlsoGood extends Good {
    }

    /** Fails. */
    public static final class Throwing extends Good {
        @Override
        public void start(BundleContext context) {
            throw new IllegalStateException("no wish to start");
        }
    }

    /** Does not return unless it is interrupted. */
    public static final class Hanging extends Good {
        @Override
        public void start(BundleContext context) throws InterruptedException {
            new CountDownLatch(1).await();
        }
    }

    /** Does not return for a while, even when it is interrupted. */
    public static final class Deaf extends Good {
        @Override
        public void start(BundleContext context) {
            long end = System.nanoTime() + 1_500_000_000L;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        }
    }

    /** Starts, and stops again at once. */
    public static final class Fleeting extends Good {
        @Override
        public void start(BundleContext context) {
            new Thread(() -> {
                try {
                    context.getBundle().stop();
                } catch (BundleException e) {
                    throw new IllegalStateException(e);
                }
            }).start();
        }
    }

    /** No activator but a component, whose constructor fails. */
    public static final class BrokenComponent extends Good {
        /** Fails. */
        public BrokenComponent() {
            throw new IllegalStateException("no wish to work");
        }
    }
}
