/// <reference lib="dom" />
/**
 * Listens to the server's events for ever. An EventSource gives up on an error answer and cannot distinguish an ended
 * login from an absent server. It also cannot continue after an event of an earlier connection.
 */
import { sleep } from "@inaetics/base";
import type { State } from "@inaetics/web";

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** Parses the text of an event stream, which may be cut anywhere. */
export class EventParser {
  private rest = "";

  push(text: string): readonly ServerEvent[] {
    const blocks = (this.rest + text).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.flatMap(parseBlock);
  }
}

function parseBlock(block: string): readonly ServerEvent[] {
  const values = (field: string): readonly string[] =>
    block
      .split("\n")
      .flatMap((line) => (line.startsWith(`${field}:`) ? [line.slice(field.length + 1).trimStart()] : []));
  const data = values("data");
  if (data.length === 0) return [];
  return [{ name: values("event").at(-1) ?? "message", data: data.join("\n"), id: values("id").at(-1) }];
}

/** Time in ms without data after which the server is probed. */
const QUIET_MS = 8000;
const RETRY_MS = 1500;
const CHECK_MS = 500;

export interface Listener {
  readonly onEvent: (event: ServerEvent) => void;
  /** Called at least twice a second with the state and the milliseconds without data. */
  readonly onState: (state: State, silentMs: number) => void;
  /** Called when a new connection follows an earlier one; events in between were missed. */
  readonly onAgain: () => void;
  /** Called when the server reports that the login ended. */
  readonly onSignedOut: () => void;
  /** Sends a request to the server; rejects when it does not answer. */
  readonly probe: () => Promise<unknown>;
}

export class ServerStream {
  private stopped = false;
  private connected = false;
  private everConnected = false;
  private lastData = Date.now();
  private probing = false;
  private lastId: string | undefined;
  private connection = new AbortController();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly address: string,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.check(), CHECK_MS);
    void this.listen();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
    this.connection.abort();
  }

  private async listen(): Promise<void> {
    while (!this.stopped) {
      this.connection = new AbortController();
      await this.read().catch(() => undefined);
      this.connected = false;
      this.check();
      await sleep(RETRY_MS);
    }
  }

  private async read(): Promise<void> {
    const headers: Record<string, string> = this.lastId === undefined ? {} : { "last-event-id": this.lastId };
    const response = await fetch(this.address, { headers, cache: "no-store", signal: this.connection.signal });
    if (response.status === 401) this.listener.onSignedOut();
    if (!response.ok || response.body === null) return;
    const again = this.everConnected;
    this.connected = this.everConnected = true;
    this.noteData();
    if (again) this.listener.onAgain();
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      this.noteData();
      for (const event of parser.push(decoder.decode(piece.value, { stream: true }))) {
        this.lastId = event.id ?? this.lastId;
        this.listener.onEvent(event);
      }
    }
  }

  private noteData(): void {
    this.lastData = Date.now();
    this.check();
  }

  private check(): void {
    if (this.stopped) return;
    const silent = Date.now() - this.lastData;
    const lost = this.everConnected ? "stale" : "connecting";
    this.listener.onState(this.connected ? "live" : lost, silent);
    if (this.connected && silent > QUIET_MS) void this.ask();
  }

  /** Probes the server, because a connection may stay open after the server vanished. */
  private async ask(): Promise<void> {
    if (this.probing) return;
    this.probing = true;
    try {
      await this.listener.probe();
      this.lastData = Date.now();
    } catch {
      this.connection.abort();
    } finally {
      this.probing = false;
    }
  }
}
