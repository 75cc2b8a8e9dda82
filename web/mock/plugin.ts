import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { answer } from "./api.ts";
import { follow } from "./job.ts";
import { painting } from "./paint.ts";

/** The server's API in the development server, over made-up trajectories: `npm run dev` needs no GenAgent. */
export function mockApi(): Plugin {
  return {
    name: "genagent-mock-api",
    configureServer(server) {
      server.middlewares.use("/api", (request, response) => void serve(request, response));
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://mock");
  const image = /^\/images\/(\w+)$/.exec(url.pathname);
  const events = /^\/jobs\/(\w+)\/events$/.exec(url.pathname);
  if (image) {
    response.setHeader("Content-Type", "image/svg+xml");
    response.end(painting(image[1]!));
  } else if (events) {
    await follow(events[1]!, Number(request.headers["last-event-id"] ?? 0), response);
  } else {
    const [status, body] = answer(request.method ?? "GET", url, await read(request));
    response.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" });
    response.end(JSON.stringify(body));
  }
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const part of request) text += String(part);
  return text ? (JSON.parse(text) as Record<string, unknown>) : {};
}
