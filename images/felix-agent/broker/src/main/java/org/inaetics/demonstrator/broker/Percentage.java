package org.inaetics.demonstrator.broker;

import java.util.OptionalDouble;

/** The preferred utilization of the producers. */
final class Percentage {
    /** Default until a value is set. */
    static final double STANDARD = 5;

    private Percentage() {
    }

    /** A number from 0 to 100; empty when the text is anything else. */
    static OptionalDouble parse(String text) {
        try {
            double value = Double.parseDouble(text.trim());
            return value >= 0 && value <= 100 ? OptionalDouble.of(value) : OptionalDouble.empty();
        } catch (NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }
}
