import { defineConfig } from "vitest/config";

const source = { resolve: { conditions: ["source"] }, ssr: { resolve: { conditions: ["source"] } } };

export default defineConfig({
  test: {
    projects: [
      "packages/*",
      "examples/*",
      {
        // Processes and a Prometheus here too, though nothing is waited for that takes long on an idle machine.
        ...source,
        test: {
          name: "test",
          include: ["test/**/*.test.ts"],
          exclude: ["test/end-to-end/**", "test/packed/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        // What is published, in the processes of services: compiled and packed once, before the first of these tests.
        ...source,
        test: {
          name: "packed",
          include: ["test/packed/**/*.test.ts"],
          globalSetup: ["test/packed/set-up.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Separate processes and a real Prometheus: they wait for a condition, with a bound that a slow machine keeps too.
        ...source,
        test: {
          name: "end-to-end",
          include: ["test/end-to-end/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
