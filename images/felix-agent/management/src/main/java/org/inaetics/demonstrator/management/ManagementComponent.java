package org.inaetics.demonstrator.management;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Hashtable;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.deploymentadmin.DeploymentAdmin;

/** Life cycle of the management: while DeploymentAdmin and ConfigAdmin exist, until the framework begins to stop. */
@Component(immediate = true, service = {})
public final class ManagementComponent {
    private static final Logger LOG = System.getLogger("management");

    private ManagementAgent agent;

    /** Starts working; an agent with wrong settings reports them, and never gets ready. */
    @Activate
    public ManagementComponent(
            BundleContext context, @Reference DeploymentAdmin admin, @Reference ConfigurationAdmin configurations)
            throws IOException {
        try {
            agent = new ManagementAgent(context, admin, configurations, AgentSettings.of(System.getenv()));
        } catch (IllegalArgumentException e) {
            LOG.log(Level.ERROR, "this agent cannot work: {0}", e.getMessage());
            addReadiness(context, e.getMessage(), () -> false);
        }
        // Called before the first bundle stops: later stops are no failures, and others must no longer find this agent.
        context.addBundleListener((SynchronousBundleListener) event -> {
            if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == Constants.SYSTEM_BUNDLE_ID) {
                stop();
            }
        });
    }

    /** Registers something that the agent's readiness waits for. */
    static void addReadiness(BundleContext context, String name, BooleanSupplier condition) {
        context.registerService(BooleanSupplier.class, condition, new Hashtable<>(Map.of("inaetics.readiness", name)));
    }

    /** Ends the management, once. */
    @Deactivate
    public synchronized void stop() {
        if (agent != null) {
            agent.stop();
            agent = null;
        }
    }
}
