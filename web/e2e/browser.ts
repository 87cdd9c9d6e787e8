/**
 * Debian's Chromium, and pages that count what they ask the server.
 */

import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { inject } from "vitest";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Opens the browser; the caller closes it. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** A page in a context (cookies, cache) of its own, and what happened on it. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Method and path of every request that left the page for the service: `/images`, `/users`, `/flags`. */
  readonly apiCalls: string[];
  /** Paths of pictures that were asked for over the network, from caches not counted. */
  readonly pictureCalls: string[];
  /** Errors of the console, and exceptions that nobody caught. */
  readonly complaints: string[];
}

/** How a visit is made. */
export interface VisitOptions extends BrowserContextOptions {
  /** Default: the demo of all tests. */
  readonly url?: string;
  /** Signs in as this person first. */
  readonly as?: string;
}

/** Opens `path` in a fresh context. */
export async function visit(browser: Browser, path: string, options: VisitOptions = {}): Promise<Visit> {
  const { url = inject("demoUrl"), as, ...contextOptions } = options;
  const context = await browser.newContext({ baseURL: url, ...contextOptions });
  const page = await context.newPage();
  const visited: Visit = { page, context, apiCalls: [], pictureCalls: [], complaints: [] };
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (/^\/(images|users|flags)(\/|$)/.test(pathname)) visited.apiCalls.push(`${request.method()} ${pathname}`);
  });
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    const isNetwork = !response.fromServiceWorker();
    if (pathname.startsWith("/pictures/") && isNetwork) visited.pictureCalls.push(pathname);
  });
  page.on("pageerror", (error) => visited.complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") visited.complaints.push(message.text());
  });
  if (as !== undefined) await signIn(context, url, as);
  await page.goto(path);
  return visited;
}

/** Signs a context in as one of the demo's three people. */
async function signIn(context: BrowserContext, url: string, userId: string): Promise<void> {
  const response = await context.request.post(`${url}/demo/session`, {
    data: { user_id: userId },
    headers: { Origin: url },
  });
  if (!response.ok()) throw new Error(`Signing in answered ${response.status()}: ${await response.text()}`);
}
