/** Turns an empty framework into an agent: registers it in discovery and runs the software from provisioning. */
package org.inaetics.demonstrator.management;
