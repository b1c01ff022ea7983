#include "commands.h"

#include <stdlib.h>
#include <string.h>

typedef struct call {
  agent_t *agent;
  framework_t *framework;
  const char *argument; /* never NULL */
  FILE *out;
} call_t;

typedef struct command {
  const char *name, *usage;
  void (*run)(const call_t *call);
} command_t;

static void write_bundle(void *closure, const bundle_info_t *bundle) {
  fprintf(closure, "  %-5ld %-12s %-30s %-10s %s\n", bundle->id, bundle_state_text(bundle->state), bundle->name,
          bundle->version, bundle->trouble);
}

static void run_lb(const call_t *call) {
  fprintf(call->out, "  %-5s %-12s %-30s %s\n", "ID", "State", "Name", "Version");
  framework_visit(call->framework, write_bundle, call->out);
}

static void write_service(void *closure, long id, long owner, const char *name, const char *const *properties,
                          int users) {
  FILE *out = closure;
  fprintf(out, "  %-5ld bundle %-4ld users %-4d %s", id, owner, users, name);
  for (; properties != NULL && properties[0] != NULL; properties += 2)
    fprintf(out, " %s=%s", properties[0], properties[1]);
  fputc('\n', out);
}

static void run_services(const call_t *call) {
  registry_visit(framework_registry(call->framework), write_service, call->out);
}

static void run_status(const call_t *call) {
  char text[1024];
  agent_describe(call->agent, text, sizeof text);
  fputs(text, call->out);
}

/* A bundle's number from the argument; 0 after an error message. */
static long bundle_number(const call_t *call) {
  char *end;
  long id = strtol(call->argument, &end, 10);
  if (end != call->argument && *end == '\0' && id > 0) return id;
  fprintf(call->out, "got \"%s\"; allowed is the number of a bundle, as lb shows it\n", call->argument);
  return 0;
}

static void run_start(const call_t *call) {
  inaetics_error_t error;
  long id = bundle_number(call);
  if (id != 0) fprintf(call->out, "%s\n", framework_start(call->framework, id, &error) ? "started" : error.text);
}

static void run_stop(const call_t *call) {
  inaetics_error_t error;
  long id = bundle_number(call);
  if (id != 0) fprintf(call->out, "%s\n", framework_stop(call->framework, id, &error) ? "stopped" : error.text);
}

static void run_help(const call_t *call);

static const command_t COMMANDS[] = {
    {"lb", "lb          list the bundles", run_lb},
    {"services", "services    list the services (also: inspect)", run_services},
    {"inspect", NULL, run_services},
    {"status", "status      show the agent's own state", run_status},
    {"start", "start ID    start a bundle", run_start},
    {"stop", "stop ID     stop a bundle, until it is updated or started again", run_stop},
    {"help", "help        list the commands", run_help},
    {"exit", "exit        leave the shell; the agent keeps running", NULL}};

static void run_help(const call_t *call) {
  for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
    if (COMMANDS[i].usage != NULL) fprintf(call->out, "  %s\n", COMMANDS[i].usage);
  }
}

bool commands_run(agent_t *agent, framework_t *framework, const char *line, FILE *out) {
  line += strspn(line, " \t");
  size_t length = strcspn(line, " \t");
  if (length == 0) return true;
  call_t call = {.agent = agent, .framework = framework, .argument = line + length, .out = out};
  call.argument += strspn(call.argument, " \t");
  for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
    if (strlen(COMMANDS[i].name) != length || strncmp(COMMANDS[i].name, line, length) != 0) continue;
    if (COMMANDS[i].run == NULL) return false;
    COMMANDS[i].run(&call);
    return true;
  }
  fprintf(out, "no command \"%.40s\"; help lists all commands\n", line);
  return true;
}
