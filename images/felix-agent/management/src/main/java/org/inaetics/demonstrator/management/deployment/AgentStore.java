package org.inaetics.demonstrator.management.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** Data that the agent keeps in its folder, so that it survives a restart of the process. */
public final class AgentStore {
    /**
     * A version and something about it.
     *
     * @param version of the deployment package
     * @param note reason why it failed, or the operation that is under way
     */
    public record Note(String version, String note) {
    }

    private final Path good;
    private final Path goodVersion;
    private final Path marker;
    private final Path failed;

    /** A store in a folder, which is made when it does not exist. */
    public AgentStore(Path folder) throws IOException {
        Files.createDirectories(folder);
        good = folder.resolve("good.dp");
        goodVersion = folder.resolve("good.version");
        marker = folder.resolve("installing");
        failed = folder.resolve("failed");
    }

    /** File with the package that ran well last; it may not exist. */
    public Path goodPackage() {
        return good;
    }

    /** The version of that package; empty when none exists. */
    public Optional<String> goodVersion() throws IOException {
        return Files.exists(good) && Files.exists(goodVersion) ? Optional.of(Files.readString(goodVersion)) : Optional.empty();
    }

    /** Moves a package to where the good one is. */
    public void keepGood(Path file, String version) throws IOException {
        Files.deleteIfExists(goodVersion);
        Files.move(file, good, StandardCopyOption.REPLACE_EXISTING);
        write(goodVersion, version);
    }

    /** Forgets the good package. */
    public void dropGood() throws IOException {
        Files.deleteIfExists(goodVersion);
        Files.deleteIfExists(good);
    }

    /** Notes that a version is being installed; a note that exists at a start shows an interrupted installation. */
    public void mark(String version, String note) throws IOException {
        write(marker, version + "\n" + note);
    }

    /** The version that is, or was, being installed. */
    public Optional<Note> marked() throws IOException {
        return read(marker);
    }

    /** Notes that no installation is under way any more. */
    public void unmark() throws IOException {
        Files.deleteIfExists(marker);
    }

    /** Notes the version that must not be tried again. */
    public void fail(String version, String reason) throws IOException {
        write(failed, version + "\n" + reason);
    }

    /** The version that failed last. */
    public Optional<Note> failed() throws IOException {
        return read(failed);
    }

    /** Forgets the failed version. */
    public void forgive() throws IOException {
        Files.deleteIfExists(failed);
    }

    private static Optional<Note> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        String[] lines = Files.readString(file).split("\n", 2);
        return Optional.of(new Note(lines[0], lines.length > 1 ? lines[1] : ""));
    }

    /** Writes atomically: the file is whole or unchanged at any end of the process. */
    private static void write(Path file, String text) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
