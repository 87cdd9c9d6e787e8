import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Asks for the letters of the first frame beside the script, not after the style sheet. */
const preloadFont: Plugin = {
  name: "preload-font",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((file) => /\/inter-latin-wght-normal[^/]*\.woff2$/.test(file))
        .map((file) => ({
          tag: "link",
          injectTo: "head",
          attrs: { rel: "preload", as: "font", type: "font/woff2", crossorigin: true, href: `/${file}` },
        })),
  },
};

/** The demo is built into the Python package, which serves it: assets at /assets/*, the page at /. */
export default defineConfig({
  base: "/",
  plugins: [react(), preloadFont],
  resolve: { conditions: ["avatarium-source", "module", "browser", "development|production"] },
  build: { outDir: "../../src/avatarium/static", emptyOutDir: true, assetsInlineLimit: 0 },
});
