import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Logs a greeting every few seconds. */
public final class Hello implements BundleActivator {
    private static final long PAUSE_MS = 2000;

    private Thread thread;

    @Override
    public void start(BundleContext context) {
        String where = System.getenv().getOrDefault("POD_NAME", "this machine");
        String what = "hello from " + where + ", version " + context.getBundle().getVersion();
        thread = new Thread(() -> greet(what), "hello");
        thread.start();
    }

    private static void greet(String what) {
        try {
            while (true) {
                System.out.println(what);
                Thread.sleep(PAUSE_MS);
            }
        } catch (InterruptedException e) {
            // stop() asks for the end.
        }
    }

    @Override
    public void stop(BundleContext context) throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
