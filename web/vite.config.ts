import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { mockApi } from "./mock/plugin.ts";

// GENAGENT=http://127.0.0.1:5000 npm run dev: works against a server. Without it, against the fixtures in mock/.
const server = process.env.GENAGENT;

export default defineConfig({
  // Relative addresses, so that the page also works below a path of a reverse proxy.
  base: "./",
  plugins: [svelte(), ...(server ? [] : [mockApi()])],
  server: server ? { proxy: { "/api": { target: server } } } : {},
  build: {
    outDir: "../src/GenAgent.Server/wwwroot",
    emptyOutDir: true,
    target: ["chrome123", "firefox121", "safari17.5"],
    // Content-Security-Policy: nothing but images may be a data: address, and nothing is inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
