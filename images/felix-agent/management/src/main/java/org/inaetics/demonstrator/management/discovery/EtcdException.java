package org.inaetics.demonstrator.management.discovery;

import java.io.IOException;

/** An answer of etcd that refuses a request. */
final class EtcdException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int HTTP_UNAUTHORIZED = 401;
    private static final int GRPC_NOT_FOUND = 5;
    private static final int GRPC_UNAUTHENTICATED = 16;

    private final int status;
    private final int code;

    /**
     * A refusal.
     *
     * @param status of HTTP
     * @param code of gRPC
     */
    EtcdException(int status, int code, String message) {
        super("etcd: " + message);
        this.status = status;
        this.code = code;
    }

    /** True when another login may help: the token is too old, etcd has forgotten it, or users were changed since. */
    boolean needsLogin() {
        return status == HTTP_UNAUTHORIZED
                || code == GRPC_UNAUTHENTICATED
                || getMessage().contains("auth token")
                || getMessage().contains("user name is empty")
                || getMessage().contains("auth store is old");
    }

    /** True when the subject of the request, such as a lease, does not exist any more. */
    boolean isNotFound() {
        return code == GRPC_NOT_FOUND;
    }
}
