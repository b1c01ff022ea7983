package org.inaetics.demonstrator.management.deployment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.inaetics.demonstrator.management.provisioning.PackageVerifier;
import org.inaetics.demonstrator.management.provisioning.VerifiedPackage;
import org.inaetics.demonstrator.management.testing.Activators;
import org.inaetics.demonstrator.management.testing.Identity;
import org.inaetics.demonstrator.management.testing.TestBundle;
import org.inaetics.demonstrator.management.testing.TestFramework;
import org.inaetics.demonstrator.management.testing.TestPackage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;

class DeployerTest {
    private static final Deployer.Limits LIMITS = new Deployer.Limits(
            Duration.ofSeconds(2), Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofMillis(300));
    private static Identity authority;
    private static Identity signer;

    @TempDir
    private Path folder;

    private final List<String> started = new ArrayList<>();
    private final CountDownLatch givenUp = new CountDownLatch(1);
    private TestFramework framework;
    private Deployer deployer;
    private int number;

    @BeforeAll
    static void makeIdentities() {
        authority = Identity.authority("cluster");
        signer = authority.issue("inaetics-provisioning", Identity.CODE);
    }

    @BeforeEach
    void start() throws Exception {
        framework = new TestFramework(folder);
        deployer = new Deployer(framework.context(), framework.admin(), folder, LIMITS,
                (version, bundle) -> started.add(version + " " + bundle.getSymbolicName()), givenUp::countDown);
    }

    @AfterEach
    void stop() throws Exception {
        framework.stop();
    }

    /** A package of the next version: {@code name version} and activator by turns. */
    private VerifiedPackage pack(Object... contents) throws Exception {
        String version = ++number + ".0.0";
        TestPackage made = new TestPackage("group", version);
        for (int i = 0; i < contents.length; i += 2) {
            String[] names = ((String) contents[i]).split(" ");
            Class<? extends BundleActivator> activator = ((Class<?>) contents[i + 1]).asSubclass(BundleActivator.class);
            made.bundle(names[0], names[1], TestBundle.with(names[0], names[1], activator));
        }
        return verified(made, version);
    }

    private VerifiedPackage verified(TestPackage made, String version) throws Exception {
        Path file = made.sign(folder.resolve(version + ".dp"), signer);
        return new PackageVerifier(authority.writeCertificate(folder.resolve("ca.pem")), "group").verify(file, version);
    }

    private DeploymentFailedException failure(VerifiedPackage wanted) {
        return assertThrows(DeploymentFailedException.class, () -> deployer.install(wanted));
    }

    @Test
    void startsBundlesInTheOrderOfThePackage() throws Exception {
        deployer.install(pack("b 1.0.0", Activators.Good.class, "a 1.0.0", Activators.Good.class));
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
        assertEquals(List.of("1.0.0 b", "1.0.0 a"), started);
    }

    @Test
    void keepsUnchangedBundlesRunning() throws Exception {
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.Good.class));
        Bundle unchanged = framework.bundle("a");
        long modified = unchanged.getLastModified();
        started.clear();
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.1.0", Activators.Good.class));
        assertEquals(List.of("a 1.0.0", "b 1.1.0"), framework.active());
        assertEquals(List.of("2.0.0 b"), started);
        assertEquals(unchanged.getBundleId(), framework.bundle("a").getBundleId());
        assertEquals(modified, framework.bundle("a").getLastModified());
    }

    @Test
    void replacesABundleWithOtherContentsUnderItsVersion() throws Exception {
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.Good.class));
        started.clear();
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.AlsoGood.class));
        assertEquals(List.of("2.0.0 b"), started);
        assertEquals(Activators.AlsoGood.class.getName(), framework.bundle("b").getHeaders().get("Bundle-Activator"));
    }

    @Test
    void removesBundlesThatThePackageLacks() throws Exception {
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.Good.class));
        deployer.install(pack("a 1.0.0", Activators.Good.class, "c 1.0.0", Activators.Good.class));
        assertEquals(List.of("a 1.0.0", "c 1.0.0"), framework.active());
        assertEquals(2, framework.provisioned().count());
    }

    @Test
    void reportsTheBundleThatDoesNotStartAndTheReason() throws Exception {
        VerifiedPackage good = pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.Good.class);
        deployer.install(good);
        Bundle other = framework.bundle("a");
        DeploymentFailedException error =
                failure(pack("a 1.0.0", Activators.Good.class, "b 2.0.0", Activators.Throwing.class));
        assertEquals("b", error.bundle().symbolicName());
        assertTrue(error.getMessage().contains("no wish to start"), error.getMessage());

        started.clear();
        deployer.install(good);
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
        assertEquals(List.of("1.0.0 b"), started);
        assertEquals(other.getBundleId(), framework.bundle("a").getBundleId());

        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 3.0.0", Activators.Good.class));
        assertEquals(List.of("a 1.0.0", "b 3.0.0"), framework.active());
        assertEquals(other.getBundleId(), framework.bundle("a").getBundleId());
    }

    @Test
    void reportsThePackageThatABundleLacks() throws Exception {
        byte[] lacking = TestBundle.with("a", "1.0.0", Activators.Good.class, "org.osgi.framework,org.example.lacking");
        DeploymentFailedException error = failure(verified(new TestPackage("group", "1.0.0").bundle("a", "1.0.0", lacking), "1.0.0"));
        assertTrue(error.getMessage().contains("org.example.lacking"), error.getMessage());
    }

    @Test
    void keepsTheInstalledBundlesWhenAPackageIsBroken() throws Exception {
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.Good.class));
        TestPackage broken = new TestPackage("group", "9.0.0")
                .bundle("a", "2.0.0", TestBundle.with("a", "2.0.0", Activators.Good.class))
                .bundle("b", "2.0.0", "no bundle at all".getBytes());
        assertNull(failure(verified(broken, "9.0.0")).bundle());
        assertEquals(List.of("a 1.0.0", "b 1.0.0"), framework.active());
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.1.0", Activators.Good.class));
        assertEquals(List.of("a 1.0.0", "b 1.1.0"), framework.active());
    }

    @Test
    void interruptsABundleThatDoesNotReturn() throws Exception {
        DeploymentFailedException error = failure(pack("a 1.0.0", Activators.Hanging.class, "b 1.0.0", Activators.Good.class));
        assertEquals("a", error.bundle().symbolicName());
        assertEquals(List.of("b 1.0.0"), framework.active());
        assertEquals(1, givenUp.getCount());
    }

    @Test
    void endsTheProcessForABundleThatIgnoresInterrupts() throws Exception {
        deployer.install(pack("a 1.0.0", Activators.Deaf.class));
        assertTrue(givenUp.await(0, TimeUnit.SECONDS));
    }

    @Test
    void noticesBundlesThatStopAgain() throws Exception {
        VerifiedPackage wanted = pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.Fleeting.class);
        DeploymentFailedException error = assertThrows(DeploymentFailedException.class, () -> {
            deployer.install(wanted);
            deployer.probe(wanted);
        });
        assertEquals("b", error.bundle().symbolicName());
    }

    @Test
    void removesAllBundles() throws Exception {
        deployer.install(pack("a 1.0.0", Activators.Good.class, "b 1.0.0", Activators.Good.class));
        deployer.clear();
        assertEquals(0, framework.provisioned().count());
        deployer.install(pack("a 1.0.0", Activators.Good.class));
        assertEquals(List.of("a 1.0.0"), framework.active());
        assertTrue(Files.notExists(folder.resolve("install.dp")));
    }

    @Test
    void blamesNoBundleWhenTheFrameworkEnds() throws Exception {
        VerifiedPackage wanted = pack("a 1.0.0", Activators.Good.class);
        framework.stop();
        assertThrows(InterruptedException.class, () -> deployer.install(wanted));
    }

    private VerifiedPackage packComponent(Class<?> component) throws Exception {
        String version = ++number + ".0.0";
        TestPackage made = new TestPackage("group", version);
        made.bundle("c", version, TestBundle.withComponent("c", version, component));
        return verified(made, version);
    }

    @Test
    void reportsTheComponentThatCannotWorkAndTheReason() throws Exception {
        VerifiedPackage good = packComponent(Activators.AlsoGood.class);
        deployer.install(good);
        deployer.probe(good);
        VerifiedPackage broken = packComponent(Activators.BrokenComponent.class);
        deployer.install(broken);
        assertEquals(List.of("c 2.0.0"), framework.active());
        DeploymentFailedException error = assertThrows(DeploymentFailedException.class, () -> deployer.probe(broken));
        assertEquals("c", error.bundle().symbolicName());
        assertTrue(error.getMessage().contains("no wish to work"), error.getMessage());
    }
}
