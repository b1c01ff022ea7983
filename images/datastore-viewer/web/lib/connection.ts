/// <reference lib="dom" />
import type { State } from "@inaetics/web";

/** Time in ms without an event after which the page counts as stale. The server sends each second. */
const STALE_MS = 3500;
/** Time in ms after which an open but silent connection is closed, because its server may have vanished. */
const SILENT_MS = 8000;
const CHECK_MS = 500;
const RETRY_MS = 1500;

/** Listens to the server's events for ever. EventSource alone would give up after an error. */
export class Connection {
  private source: EventSource | undefined;
  private lastEvent = 0;
  private opened = 0;

  constructor(
    private readonly address: string,
    private readonly handlers: Readonly<Record<string, (data: unknown) => void>>,
    private readonly onState: (state: State, silentMs: number) => void,
  ) {}

  start(): void {
    this.open();
    setInterval(() => this.check(), CHECK_MS);
  }

  private open(): void {
    this.source?.close();
    this.opened = Date.now();
    const source = new EventSource(this.address);
    this.source = source;
    for (const [name, handle] of Object.entries(this.handlers)) {
      source.addEventListener(name, (event) => {
        this.lastEvent = Date.now();
        handle(JSON.parse((event as MessageEvent<string>).data));
        this.check();
      });
    }
  }

  private check(): void {
    const now = Date.now();
    const silent = now - this.lastEvent;
    if (this.lastEvent === 0) this.onState("connecting", 0);
    else this.onState(silent > STALE_MS ? "stale" : "live", silent);
    const closed = this.source?.readyState === EventSource.CLOSED;
    const age = now - this.opened;
    if ((closed && age > RETRY_MS) || (silent > SILENT_MS && age > SILENT_MS)) this.open();
  }
}
