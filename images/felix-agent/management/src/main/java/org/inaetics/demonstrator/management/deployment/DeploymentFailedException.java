package org.inaetics.demonstrator.management.deployment;

import org.inaetics.demonstrator.management.provisioning.PackageBundle;

/** A deployment package that could not be put into effect; the message gives the reason, for people. */
public final class DeploymentFailedException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient PackageBundle bundle;

    /** A failure of one bundle, or of the package as a whole when {@code bundle} is {@code null}. */
    public DeploymentFailedException(PackageBundle bundle, String reason, Throwable cause) {
        super(reason, cause);
        this.bundle = bundle;
    }

    /** The bundle that failed; {@code null} when it was the package as a whole. */
    public PackageBundle bundle() {
        return bundle;
    }
}
