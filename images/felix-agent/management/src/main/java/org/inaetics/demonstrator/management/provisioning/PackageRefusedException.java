package org.inaetics.demonstrator.management.provisioning;

/** A deployment package that this agent does not take; the message says why, for people. */
public final class PackageRefusedException extends Exception {
    private static final long serialVersionUID = 1;

    /** A refusal for a reason. */
    public PackageRefusedException(String reason) {
        super(reason);
    }

    /** A refusal because of something that went wrong while looking at the package. */
    public PackageRefusedException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
