package org.inaetics.demonstrator.management.provisioning;

/** A deployment package that this agent refuses; the message gives the reason, for people. */
public final class PackageRefusedException extends Exception {
    private static final long serialVersionUID = 1;

    /** A refusal for a reason. */
    public PackageRefusedException(String reason) {
        super(reason);
    }

    /** A refusal because of an error while reading the package. */
    public PackageRefusedException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
