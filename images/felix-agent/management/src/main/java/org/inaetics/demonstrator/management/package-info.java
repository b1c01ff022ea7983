/** What makes an empty framework an agent: it registers in discovery and runs the software that provisioning has for it. */
package org.inaetics.demonstrator.management;
