package org.inaetics.demonstrator.api;

/**
 * Result of processing one sample; its identity is the sample's, so storing it twice is harmless.
 *
 * @param sample the processed sample
 * @param processingTime duration of the processing, in milliseconds
 * @param result1 the result itself
 * @param processor name of the processor
 * @param kind platform of the processor, such as {@code felix}
 * @param storedAt time at which it was handed to the data store, in milliseconds since the epoch
 */
public record Result(
        Sample sample, double processingTime, double result1, String processor, String kind, long storedAt) {
}
