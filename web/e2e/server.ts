/**
 * Starts the demo as a person would, on a free port and an empty data folder, and ends it again.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(import.meta.dirname, "../..");
const python = join(repository, ".venv/bin/python");
/** Seeding two hundred people takes most of it, in milliseconds. */
const startWaitMs = 90_000;

/** A demo that runs. */
export interface DemoServer {
  /** Without a "/" at its end. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** What it printed so far. */
  readonly output: string;
  /** Ends the process; the data stay. */
  stop(): Promise<void>;
  /** Ends the process and deletes its data. */
  remove(): Promise<void>;
}

/** How {@link startDemo} starts. */
export interface DemoOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: a new and empty folder. */
  readonly dataDir?: string;
  /** Forgets everything first: a new epoch begins. */
  readonly reset?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when `/health/ready` answers 200. */
export async function startDemo(options: DemoOptions = {}): Promise<DemoServer> {
  const { reset = false, env = {} } = options;
  const port = options.port ?? (await freePort());
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "avatarium-e2e-")));
  const parameters = ["-m", "avatarium", "demo", "--port", `${port}`, "--data-dir", dataDir];
  const server = spawn(python, reset ? [...parameters, "--reset"] : parameters, {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.on("data", (bytes: Buffer) => {
      output += bytes.toString();
    });
  }
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(url, server);
  } catch (cause) {
    await end(server);
    throw new Error(`The demo did not start:\n${output}`, { cause });
  }
  return {
    url,
    port,
    dataDir,
    get output() {
      return output;
    },
    stop: () => end(server),
    remove: async () => {
      await end(server);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + startWaitMs;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`It ended with ${server.exitCode}.`);
    const isReady = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
  throw new Error(`It was not ready after ${startWaitMs} ms.`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    server.once("exit", resolve);
  });
  server.kill("SIGTERM");
  const kill = setTimeout(() => server.kill("SIGKILL"), 5000);
  await ended;
  clearTimeout(kill);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
