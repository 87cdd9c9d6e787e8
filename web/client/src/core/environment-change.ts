/**
 * The part of the page's environment that only a change of picture needs; loaded with the first change.
 */

import type { Preview, Upload } from "./environment.ts";
import type { CropBox } from "./model.ts";

/** Side of a preview in pixels: enough for every box on a page, and far less than what a camera makes. */
const previewSize = 512;

/** Draws a chosen file small and square, upright, as the service will. */
export async function preview(file: Blob, crop: CropBox | undefined): Promise<Preview> {
  const source = await draw(URL.createObjectURL(file), true);
  const side = Math.min(source.naturalWidth, source.naturalHeight);
  const box = crop ?? {
    x: (source.naturalWidth - side) / 2,
    y: (source.naturalHeight - side) / 2,
    width: side,
    height: side,
  };
  const canvas = document.createElement("canvas");
  canvas.width = previewSize;
  canvas.height = previewSize;
  canvas.getContext("2d")?.drawImage(source, box.x, box.y, box.width, box.height, 0, 0, previewSize, previewSize);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve);
  });
  if (blob === null) throw new Error("The file can't be drawn.");
  const url = URL.createObjectURL(blob);
  return {
    url,
    handle: await draw(url, false),
    width: previewSize,
    height: previewSize,
    source: "memory",
    bytes: 0,
    release: () => URL.revokeObjectURL(url),
  };
}

/** Decodes an object URL; `isPassing` ones are given back whatever happens. */
async function draw(url: string, isPassing: boolean): Promise<HTMLImageElement> {
  const image = new Image();
  // The same attribute as on every picture that is shown: the browser looks pictures up by it.
  image.crossOrigin = "anonymous";
  image.src = url;
  try {
    await image.decode();
    return image;
  } finally {
    if (isPassing) URL.revokeObjectURL(url);
  }
}

/** Uploads with XMLHttpRequest, because `fetch` tells nothing about progress. */
export function upload({ url, body, signal, onProgress }: Upload): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    signal?.addEventListener("abort", () => request.abort());
    request.open("PUT", url);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onload = () => {
      const headers = new Headers();
      for (const name of ["Date", "Retry-After", "Content-Type"]) {
        const value = request.getResponseHeader(name);
        if (value !== null) headers.set(name, value);
      }
      resolve(new Response(request.responseText, { status: request.status, headers }));
    };
    request.onerror = () => reject(new TypeError("The upload did not get through."));
    request.onabort = () => reject(signal?.reason);
    request.send(body);
  });
}
