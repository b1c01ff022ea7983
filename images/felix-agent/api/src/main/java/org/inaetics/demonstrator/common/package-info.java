/** Small parts that producers and processors share. */
@Version("1.0.0")
@org.osgi.annotation.bundle.Export
package org.inaetics.demonstrator.common;

import org.osgi.annotation.versioning.Version;
