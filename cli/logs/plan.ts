/** Plans the files of `./cluster logs --export` and their sources. Pure. */
import { quote } from "@inaetics/base";
import { LoggedPod } from "./pods";
import { journalCommand, kubectlLogs, Range } from "./range";

/** Source of a file's text. */
export type Source =
  | { readonly from: "kubectl"; readonly args: readonly string[] }
  /** A command line for a box's shell. */
  | { readonly from: "box"; readonly address: string; readonly command: string }
  /** A program of this machine. */
  | { readonly from: "here"; readonly program: string; readonly args: readonly string[] }
  | { readonly from: "text"; readonly read: () => Promise<string> };

export interface PlannedFile {
  /** Path below the folder of the export. */
  readonly file: string;
  readonly source: Source;
}

export interface Known {
  /** Address of each box by its name. */
  readonly boxes: Readonly<Record<string, string>>;
  /** Undefined when the API server does not answer. */
  readonly pods: readonly LoggedPod[] | undefined;
}

const overviews: readonly (readonly [string, readonly string[]])[] = [
  ["all.txt", ["get", "all", "--all-namespaces", "--output=wide"]],
  ["nodes.txt", ["describe", "nodes"]],
  ["events.txt", ["get", "events", "--all-namespaces", "--output=wide", "--sort-by=.lastTimestamp"]],
  ["events.json", ["get", "events", "--all-namespaces", "--output=json"]],
];

export function planExport({ boxes, pods }: Known, range: Range): readonly PlannedFile[] {
  const ofBoxes = (name: string, command: string): readonly PlannedFile[] =>
    Object.entries(boxes).map(([box, address]) => ({
      file: `boxes/${box}/${name}`,
      source: { from: "box", address, command },
    }));
  return [
    ...ofBoxes("journal.log", journalCommand({ ...range, follow: false })),
    ...overviews.map(([name, args]) => ofKubectl(`kubernetes/${name}`, args)),
    ...(pods === undefined ? ofBoxes("pods.log", podFilesCommand(range)) : pods.flatMap((pod) => podFiles(pod, range))),
  ];
}

function podFiles(pod: LoggedPod, range: Range): readonly PlannedFile[] {
  return pod.containers.flatMap((container) => {
    const file = `pods/${pod.namespace}/${pod.pod}/${container.name}`;
    const args = (previous: boolean) =>
      kubectlLogs({ ...pod, containers: [container] }, { ...range, follow: false, timed: true, previous });
    return [
      ofKubectl(`${file}.log`, args(false)),
      ...(container.restarts > 0 ? [ofKubectl(`${file}.previous.log`, args(true))] : []),
    ];
  });
}

/** Returns a command that prints the logs of a box's pods, for use when the API server does not answer. */
function podFilesCommand({ lines }: Range): string {
  const show = `echo "== $f"; tail -n ${lines ?? "+1"} "$f"`;
  const enter = `cd /var/log/pods 2>/dev/null || { echo "no pods run here"; exit 0; }`;
  const script = `${enter}; find . -name "*.log" | sort | while read -r f; do ${show}; done`;
  return `sudo sh -c ${quote(script)}`;
}

function ofKubectl(file: string, args: readonly string[]): PlannedFile {
  return { file, source: { from: "kubectl", args } };
}

/** Hides secrets in a line. Pure. */
export function hideSecrets(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, "(hidden)"), line);
}

/** Fewest characters to hide: shorter values may be plain words. */
const shortestSecret = 8;

interface SecretObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Returns the values of Kubernetes' secrets to hide: passwords, keys and tokens, each line of them. Pure. */
export function secretValues(objects: readonly SecretObject[]): readonly string[] {
  const values = objects.flatMap(({ data }) =>
    Object.entries(data ?? {})
      .filter(([key]) => /pass|key|token|config/i.test(key) && !/\.(crt|pub)$/.test(key))
      .flatMap(([, base64]) => [base64, ...Buffer.from(base64, "base64").toString().split("\n")]),
  );
  const secrets = values.map((value) => value.trim()).filter((value) => value.length >= shortestSecret);
  // The longest first, because one may be part of another.
  return [...new Set(secrets)].filter((value) => !value.startsWith("-----")).sort((a, b) => b.length - a.length);
}
