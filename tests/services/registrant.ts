/**
 * A process that registers and watches, for a test to kill. Environment: ETCD_ENDPOINTS, DISCOVERY_DIR, KEYS (JSON). It
 * reports events on standard output; any standard error is an error of this project. Proves nothing by itself.
 */
import { Discovery, discoveryAccess, ROOT } from "@inaetics/discovery";
import { Environment } from "@inaetics/service";

const say = (text: string): void => console.log(text);
const discovery = new Discovery(discoveryAccess(new Environment(process.env)), { info: say, warn: say, error: say });
const registration = discovery.register(JSON.parse(process.env["KEYS"] ?? "{}") as Record<string, string>);
discovery.watch(ROOT, (entries) => say(`entries ${JSON.stringify([...entries])}`));
const timer = setInterval(() => say(`state ${registration.missing ?? "registered"}`), 250);
process.once("SIGTERM", () => {
  clearInterval(timer);
  void discovery.stop();
});
