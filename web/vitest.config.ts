import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Two projects: `client` runs in seconds and needs nothing; `e2e` needs the built demo, the server and Chromium. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { conditions: ["avatarium-source", "module", "browser", "development|production"] },
        ssr: { resolve: { conditions: ["avatarium-source", "module", "node", "development|production"] } },
        test: {
          name: "client",
          root: "client",
          include: ["tests/**/*.test.{ts,tsx}"],
          environment: "node",
          restoreMocks: true,
          // Others may work beside us; nothing here waits for a clock.
          testTimeout: 60_000,
        },
      },
      {
        resolve: { conditions: ["avatarium-source", "module", "browser", "development|production"] },
        ssr: { resolve: { conditions: ["avatarium-source", "module", "node", "development|production"] } },
        test: {
          name: "demo",
          root: "demo",
          include: ["tests/**/*.test.{ts,tsx}"],
          environment: "happy-dom",
        },
      },
      {
        test: {
          name: "e2e",
          root: "e2e",
          include: ["**/*.test.ts"],
          environment: "node",
          globalSetup: join(import.meta.dirname, "e2e/global-setup.ts"),
          // One browser and one server on two cores: files take turns.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "screenshots",
          root: "e2e",
          include: ["screenshots/*.shots.ts"],
          environment: "node",
          globalSetup: join(import.meta.dirname, "e2e/global-setup.ts"),
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: ["client/src/core/**", "client/src/react/**"],
      // What these do is seen in a browser only; web/e2e is their proof.
      exclude: ["client/src/core/environment*.ts"],
      reporter: ["text", "json-summary"],
      thresholds: { "client/src/core/**": { branches: 95 } },
    },
  },
});
