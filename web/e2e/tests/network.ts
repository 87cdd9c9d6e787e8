/**
 * What a page loads over the network. Pictures that come from the browser's own caches are not counted.
 */

import type { Page } from "playwright-core";

/** Paths of the pictures that were fetched over the network since the call; the array grows. */
export async function pictureLoads(page: Page): Promise<readonly string[]> {
  const loads: string[] = [];
  const asked = new Map<string, string>();
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.requestWillBeSent", ({ requestId, request }) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/pictures/")) asked.set(requestId, pathname);
  });
  session.on("Network.requestServedFromCache", ({ requestId }) => asked.delete(requestId));
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const path = asked.get(requestId);
    if (path !== undefined && response.fromDiskCache !== true) loads.push(path);
  });
  return loads;
}
