package org.inaetics.demonstrator.common;

import java.util.Map;

/**
 * Identity of this agent.
 *
 * @param pod name of the pod; the host name outside Kubernetes
 * @param instance different for every start of the same pod, so that identifiers made from it never repeat
 */
public record AgentIdentity(String pod, String instance) {
    /** Reads the identity from the environment: {@code POD_NAME}, else {@code HOSTNAME}, else {@code local}. */
    public static AgentIdentity of(Map<String, String> environment, long startMillis) {
        String pod = environment.getOrDefault("POD_NAME", environment.getOrDefault("HOSTNAME", "local"));
        return new AgentIdentity(pod, pod + "-" + Long.toString(startMillis, 36));
    }

    /** The last part of the pod's name, which distinguishes the replicas of one controller. */
    public String shortName() {
        return pod.substring(pod.lastIndexOf('-') + 1);
    }
}
