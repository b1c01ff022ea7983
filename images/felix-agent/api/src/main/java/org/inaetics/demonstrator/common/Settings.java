package org.inaetics.demonstrator.common;

import java.util.Map;

/** Reads numbers from the environment, with errors that state the allowed values. */
public final class Settings {
    private Settings() {
    }

    /**
     * A number between limits.
     *
     * @throws IllegalArgumentException when the variable is set to something else
     */
    public static double number(Map<String, String> environment, String name, double standard, double min, double max) {
        String text = environment.get(name);
        if (text == null || text.isBlank()) {
            return standard;
        }
        try {
            double value = Double.parseDouble(text.trim());
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below, together with values out of range.
        }
        throw new IllegalArgumentException(
                name + ": got \"" + text + "\"; allowed is a number from " + min + " to " + max + " (default " + standard + ")");
    }
}
