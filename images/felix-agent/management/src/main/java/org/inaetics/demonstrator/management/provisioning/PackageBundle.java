package org.inaetics.demonstrator.management.provisioning;

import org.osgi.framework.Version;

/**
 * A bundle of a deployment package.
 *
 * @param path its name in the package
 * @param symbolicName its name among bundles
 * @param version its version
 * @param digest of its bytes, SHA-256 in base64
 */
public record PackageBundle(String path, String symbolicName, Version version, String digest) {
}
