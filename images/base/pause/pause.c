/* The first process of a pod: waits for the end of the pod and buries orphaned processes meanwhile. */
#define _POSIX_C_SOURCE 200809L

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

/* Blocks the signals before anything else, so that none is lost between two waits. */
int main(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) {
    perror("pause: sigprocmask");
    return EXIT_FAILURE;
  }
  for (;;) {
    int signal_number = 0;
    if (sigwait(&signals, &signal_number) != 0) {
      perror("pause: sigwait");
      return EXIT_FAILURE;
    }
    if (signal_number != SIGCHLD) return EXIT_SUCCESS;
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
}
