/** Shell text of faults, for root on a box. The only place where their words are quoted. Pure. */
import { command, quote } from "@inaetics/base";

/** Prefix of the names that a box has for faults: units and chains. */
export const FAULT_UNIT = "inaetics-fault";

/** Sends a signal to the main process of a unit. */
export function signalUnit(unit: string, signal: string): string {
  return command("systemctl", "kill", "--kill-whom=main", `--signal=${signal}`, unit);
}

/** Sends a signal to all processes of a pod but its sandbox's. */
export function signalPod(uid: string, signal: string): string {
  // The runtime has a control group for each pod, which is named after its uid.
  return [
    `for file in $(grep -ls ${quote(`pod${uid}`)} /proc/[0-9]*/cgroup)`,
    `do directory=\${file%/cgroup}`,
    `[ "$(cat "$directory/comm")" = pause ] || ${command("kill", `-${signal}`)} "\${directory#/proc/}" || true`,
    "done",
  ].join("; ");
}

/**
 * Drops what comes from the peers and, unless `oneWay`, what goes to them. Peers' pods are included where pods are
 * routed without a tunnel.
 */
export function dropPeers(id: string, peers: readonly string[], oneWay: boolean): string {
  const chain = chainOf(id);
  const drop = (flag: string) => `iptables -w -t raw -A ${chain} ${flag} "$network" -j DROP`;
  return [
    "set -e",
    `iptables -w -t raw -N ${chain}`,
    `for peer in ${command(...peers)}; do for network in "$peer" $(ip -4 route show via "$peer" | awk '{ print $1 }'); do`,
    [drop("-s"), ...(oneWay ? [] : [drop("-d")])].join("; "),
    "done; done",
    `iptables -w -t raw -I PREROUTING -j ${chain}`,
    `iptables -w -t raw -I OUTPUT -j ${chain}`,
  ].join("\n");
}

/** Undoes {@link dropPeers}, in any state. */
export function passPeers(id: string): string {
  const chain = chainOf(id);
  return ["-D PREROUTING -j", "-D OUTPUT -j", "-F", "-X"]
    .map((words) => `iptables -w -t raw ${words} ${chain} 2>/dev/null || true`)
    .join("; ");
}

function chainOf(id: string): string {
  return quote(`INAETICS-${id}`);
}

/** Fails with the kernel's reason where traffic cannot be delayed. */
export const probeNetem = "tc qdisc add dev lo root netem delay 1ms && tc qdisc del dev lo root";

/** Shapes all that the box sends from its address: `delay 100ms 20ms`, `loss 5%`. */
export function shape(address: string, effect: readonly string[]): string {
  return `${deviceOf(address)}; tc qdisc add dev "$device" root netem ${command(...effect)}`;
}

/** Undoes {@link shape}. */
export function unshape(address: string): string {
  return `${deviceOf(address)}; tc qdisc del dev "$device" root 2>/dev/null || true`;
}

function deviceOf(address: string): string {
  return `device=$(ip -o -4 address show | awk -v at=${quote(`${address}/`)} 'index($4, at) == 1 { print $2 }')`;
}

/** Fails where systemd cannot limit a unit's writes. */
export const probeIo = "grep -qw io /sys/fs/cgroup/cgroup.controllers";

/** Limits the writes of a unit, in bytes per second; `undefined` takes the limit away. */
export function limitWrites(unit: string, limit: string | undefined): string {
  const value = limit === undefined ? "" : `/var/lib/inaetics ${limit}`;
  return command("systemctl", "set-property", "--runtime", unit, `IOWriteBandwidthMax=${value}`);
}

const etcdDropIn = "/run/systemd/system/etcd.service.d/inaetics-fault.conf";
const etcdClient = command(
  "env",
  "ETCDCTL_CACERT=/etc/inaetics/pki/ca.pem",
  "ETCDCTL_CERT=/etc/inaetics/pki/etcd-root.pem",
  "ETCDCTL_KEY=/etc/inaetics/pki/etcd-root-key.pem",
  "/opt/inaetics/bin/etcdctl",
);

/** Starts etcd with a quota that its data exceeds: it refuses all writes. */
export const exhaustEtcd = [
  "set -e",
  `mkdir -p ${quote(etcdDropIn.replace(/\/[^/]*$/, ""))}`,
  `{ printf '[Service]\\nExecStart=\\n'; sed -n '/^ExecStart=/,/[^\\\\]$/p' /etc/systemd/system/etcd.service | sed 's/--quota-backend-bytes=[0-9]*/--quota-backend-bytes=4096/'; } >${quote(etcdDropIn)}`,
  "systemctl daemon-reload",
  "systemctl restart etcd.service",
].join("\n");

/** Undoes {@link exhaustEtcd}. */
export const relieveEtcd = [
  `rm -f ${quote(etcdDropIn)}`,
  "systemctl daemon-reload",
  "systemctl restart etcd.service",
  `${etcdClient} alarm disarm`,
].join("; ");

const filler = "/var/lib/inaetics/fault-filler";

/** Fills the disk but for 1 MiB. Only for a box with a disk of its own. */
export const fillDisk = `fallocate -l $(($(df --output=avail -B1 /var/lib/inaetics | tail -n 1) - 1048576)) ${filler}`;
/** Undoes {@link fillDisk}. */
export const emptyDisk = `rm -f ${filler}`;

/** Sets the box's clock forward or back. Only for a box with a clock of its own. */
export function stepClock(seconds: number): string {
  return `date --set=@$(($(date +%s) + ${seconds}))`;
}

/** Lets the box run `heal` after `seconds` by itself. Nothing of the workstation is needed for it. */
export function armTimer(id: string, seconds: number, about: string, heal: string): string {
  const unit = `${FAULT_UNIT}-${id}`;
  // A script in a file, because systemd reads escapes of its own in a command line.
  const file = `/run/${unit}`;
  const timer = command(
    ...["systemd-run", "--quiet", "--collect", `--unit=${unit}`, `--description=${about}`],
    ...[`--on-active=${seconds}`, "--timer-property=AccuracySec=100ms", "--property=Type=oneshot"],
    ...["/bin/sh", file],
  );
  return `printf %s ${quote(heal)} >${file}\n${timer}`;
}

/** Heals every fault of a box at once: starts what each timer would start, and takes the timers away. */
export const healAll = [
  "failed=0",
  `for timer in $(systemctl list-units --all --plain --no-legend '${FAULT_UNIT}-*.timer' | awk '{ print $1 }')`,
  'do systemctl start "${timer%.timer}.service" || failed=1',
  'systemctl stop "$timer"',
  "done",
  'exit "$failed"',
].join("; ");
