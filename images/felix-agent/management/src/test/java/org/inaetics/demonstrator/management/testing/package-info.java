/** Helpers with which the tests make certificates, packages and frameworks. */
package org.inaetics.demonstrator.management.testing;
