/** What the tests make certificates, packages and frameworks with. */
package org.inaetics.demonstrator.management.testing;
