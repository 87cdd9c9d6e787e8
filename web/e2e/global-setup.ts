/**
 * One demo server for all browser tests; `inject("demoUrl")` is its address.
 */

import type { TestProject } from "vitest/node";
import { startDemo } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Without a "/" at its end. */
    demoUrl: string;
  }
}

/** Starts it; what is returned ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startDemo();
  project.provide("demoUrl", server.url);
  return server.remove;
}
