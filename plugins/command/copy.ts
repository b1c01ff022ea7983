/** command:remote:CopyToRemote and CopyFile: files and folders copied over SFTP. */
import { randomBytes } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { Client, SFTPWrapper } from "ssh2";
import { Archive, Asset, Context, differences, Failure, Properties, ResourceHandler, unknown, Value } from "../lib";
import { expectString } from "./command";
import { NotOpened, withConnection } from "./connection";
import { checkConnection, connectionOf } from "./dial";

/** A file (its content and mode) by its path relative to the target. */
interface Item {
  readonly relative: string;
  readonly mode: number;
  readonly read: () => Promise<Buffer>;
}

interface Source {
  /** Last part of the local path: the name of a file that is copied into a target folder. */
  readonly name: string;
  readonly folder: boolean;
  readonly items: readonly Item[];
}

export const copyToRemote = copyResource(
  (inputs) => checkSource(inputs["source"]),
  (inputs) => {
    return sourceOf(inputs["source"]);
  },
);

export const copyFile = copyResource(
  (inputs) => expectString(inputs, "localPath"),
  async (inputs) => {
    const source = await sourceAt(inputs["localPath"] as string);
    if (source.folder) throw new Error("localPath: is a folder; CopyFile copies one file, CopyToRemote copies folders");
    return source;
  },
);

function copyResource(
  check: (inputs: Properties) => readonly Failure[],
  source: (inputs: Properties) => Promise<Source>,
): ResourceHandler {
  const apply = async (inputs: Properties, preview: boolean, context: Context) => {
    if (!preview) await copy(inputs, await source(inputs), context);
    return inputs;
  };
  return {
    check: ({ inputs }) => {
      const connection = checkConnection(inputs["connection"]);
      return Promise.resolve({
        inputs,
        failures: [...connection, ...expectString(inputs, "remotePath"), ...check(inputs)],
      });
    },
    diff: ({ oldInputs, inputs }) =>
      Promise.resolve({ changes: differences(oldInputs, inputs, new Set(["triggers"])) }),
    create: async ({ inputs, preview, ...context }) => {
      const id = `${context.name}${randomBytes(4).toString("hex")}`;
      return { id, outputs: await apply(inputs, preview, context) };
    },
    update: ({ inputs, preview, ...context }) => apply(inputs, preview, context),
    // Copied files are not deleted, as documented.
  };
}

function checkSource(source: Value | undefined): Failure[] {
  if (source === unknown || source instanceof Asset || source instanceof Archive) return [];
  return [{ property: "source", reason: "must be an asset or an archive" }];
}

async function sourceOf(value: Value | undefined): Promise<Source> {
  if (value instanceof Asset && value.source.text !== undefined) {
    const content = Buffer.from(value.source.text);
    return { name: "", folder: false, items: [{ relative: "", mode: 0o644, read: () => Promise.resolve(content) }] };
  }
  if (value instanceof Archive && value.source.assets) return collection(value.source.assets);
  const local = value instanceof Asset || value instanceof Archive ? value.source.path : undefined;
  if (local === undefined) throw new Error("source: only files, folders, texts and collections of them can be copied");
  return sourceAt(local);
}

async function collection(assets: Readonly<Record<string, Value>>): Promise<Source> {
  const parts = Object.entries(assets).map(async ([name, value]) => {
    const { items } = await sourceOf(value);
    return items.map((item) => ({ ...item, relative: path.posix.join(name, item.relative) }));
  });
  return { name: "", folder: true, items: (await Promise.all(parts)).flat() };
}

async function sourceAt(local: string): Promise<Source> {
  const about = await stat(local);
  const item = (file: string, relative: string, mode: number): Item => {
    return { relative, mode: mode & 0o777, read: () => readFile(file) };
  };
  if (!about.isDirectory()) {
    return { name: path.basename(local), folder: false, items: [item(local, "", about.mode)] };
  }
  const entries = await readdir(local, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
  const items = files.map(async (file) => item(file, path.relative(local, file), (await stat(file)).mode));
  return { name: path.basename(local), folder: true, items: await Promise.all(items) };
}

async function copy(inputs: Properties, source: Source, context: Context): Promise<void> {
  const connection = connectionOf(inputs["connection"]);
  const remotePath = inputs["remotePath"] as string;
  await withConnection(connection, context, async (client) => {
    const sftp = await openSftp(client);
    const ended = () => sftp.end();
    context.signal.addEventListener("abort", ended, { once: true });
    try {
      const existing = await isFolder(sftp, remotePath);
      // As with cp, a file, or a folder without a final slash, is copied into an existing target folder.
      const target = existing && source.name !== "" ? path.posix.join(remotePath, source.name) : remotePath;
      for (const item of source.items) await put(sftp, path.posix.join(target, item.relative), item, context);
    } finally {
      context.signal.removeEventListener("abort", ended);
      sftp.end();
    }
  });
}

function openSftp(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.sftp((error, sftp) => (error ? reject(new NotOpened(`sftp: ${error.message}`)) : resolve(sftp)));
  });
}

function isFolder(sftp: SFTPWrapper, remote: string): Promise<boolean> {
  return new Promise((resolve) => sftp.stat(remote, (error, about) => resolve(!error && about.isDirectory())));
}

/** Writes directly to the final name. A target may be a device, or in a folder where nothing may be created. */
async function put(sftp: SFTPWrapper, remote: string, item: Item, context: Context): Promise<void> {
  context.signal.throwIfAborted();
  await makeFolder(sftp, path.posix.dirname(remote));
  const content = await item.read();
  await new Promise<void>((resolve, reject) => {
    sftp.once("close", () =>
      reject((context.signal.reason as Error | undefined) ?? new Error("the connection was lost")),
    );
    sftp.writeFile(remote, content, { mode: item.mode }, (error) => {
      if (error) reject(new Error(`cannot write ${remote}: ${error.message}`));
      else resolve();
    });
  });
}

async function makeFolder(sftp: SFTPWrapper, remote: string): Promise<void> {
  if (remote === "/" || remote === "." || (await isFolder(sftp, remote))) return;
  await makeFolder(sftp, path.posix.dirname(remote));
  await new Promise<void>((resolve, reject) => {
    sftp.mkdir(remote, (error) => {
      // Another copy may have made it in the meantime; the protocol has no error code for "exists".
      void isFolder(sftp, remote).then((made) => {
        if (made) resolve();
        else reject(new Error(`cannot make the folder ${remote}: ${error?.message ?? "unknown reason"}`));
      });
    });
  });
}
