/** Shared interfaces of the demonstrator's producers, queue, processors and data store: OSGi services and values. */
@Version("1.0.0")
@org.osgi.annotation.bundle.Export
package org.inaetics.demonstrator.api;

import org.osgi.annotation.versioning.Version;
