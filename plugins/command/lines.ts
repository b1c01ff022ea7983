/**
 * Turns a program's output into log messages, line by line as it arrives. A line without an end (a progress bar, a
 * binary file) is cut, never waited for. So any output is read.
 */
import { StringDecoder } from "node:string_decoder";

const longestLine = 2000;
const longestLog = 1024 * 1024;
const interval = 50;

export class LineLog {
  private readonly decoder = new StringDecoder("utf8");
  private line = "";
  private dropped = 0;
  private pending: string[] = [];
  private logged = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @param log called with one or more whole lines at a time, without the last line's end */
  constructor(private readonly log: (message: string) => void) {}

  write(chunk: Buffer): void {
    const parts = this.decoder.write(chunk).split(/\r\n|\r|\n/);
    parts.forEach((part, index) => {
      if (index > 0) this.endLine();
      const room = longestLine - this.line.length;
      this.line += part.slice(0, room);
      this.dropped += Math.max(0, part.length - room);
    });
  }

  /** Logs the rest; nothing may be written after it. */
  end(): void {
    this.write(Buffer.from(this.decoder.end()));
    this.endLine();
    this.flush();
  }

  private endLine(): void {
    const line = this.dropped > 0 ? `${this.line} ... (${this.dropped} more characters)` : this.line;
    this.line = "";
    this.dropped = 0;
    if (line === "" || this.logged > longestLog) return;
    this.logged += line.length;
    this.pending.push(this.logged > longestLog ? "(further output is not logged)" : line);
    // Collects lines, because ten thousand lines must not cause ten thousand calls.
    this.timer ??= setTimeout(() => this.flush(), interval);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.length > 0) this.log(this.pending.join("\n"));
    this.pending = [];
  }
}
