package org.inaetics.demonstrator.management.deployment;

import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/** State of bundles' components (OSGi Compendium 112): a bundle is active even when its components fail. */
final class Components {
    private Components() {
    }

    /** The first component of a bundle that has its dependencies and cannot be activated, with the reason. */
    static Optional<String> failed(BundleContext context, Bundle bundle) {
        ServiceReference<ServiceComponentRuntime> reference = context.getServiceReference(ServiceComponentRuntime.class);
        ServiceComponentRuntime runtime = reference == null ? null : context.getService(reference);
        if (runtime == null) {
            return Optional.empty();
        }
        try {
            for (ComponentDescriptionDTO component : runtime.getComponentDescriptionDTOs(bundle)) {
                for (ComponentConfigurationDTO configured : runtime.getComponentConfigurationDTOs(component)) {
                    if (configured.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
                        return Optional.of(component.name + " cannot be activated: " + reason(configured.failure));
                    }
                }
            }
            return Optional.empty();
        } finally {
            context.ungetService(reference);
        }
    }

    /** The innermost cause in a stack trace, which is all that is reported of a failure. */
    private static String reason(String trace) {
        return trace.lines()
                .filter(line -> line.startsWith("Caused by: "))
                .reduce((outer, inner) -> inner)
                .map(line -> line.substring("Caused by: ".length()))
                .or(() -> trace.lines().findFirst())
                .orElse("unknown");
    }
}
