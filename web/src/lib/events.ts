import { address, ApiError, send } from "./api";
import type { Job, JobEvent } from "./types";

const Ended: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled"]);

export const hasEnded = (job: Pick<Job, "state">): boolean => Ended.has(job.state);

/**
 * Follows a job's events from the first one to the job's end, and resumes after the last event seen when the connection breaks.
 * `EventSource` cannot send the key's header, so the stream is read by fetch.
 */
export async function* followJob(id: string, signal: AbortSignal): AsyncGenerator<JobEvent> {
  let last = "";
  for (let failures = 0; !signal.aborted; ) {
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const response = await send(`api/jobs/${encodeURIComponent(id)}/events`, { headers, signal });
      for await (const message of messages(response.body!)) {
        failures = 0;
        last = message.id || last;
        if (!message.data) continue;
        const event = { event: message.event, ...(JSON.parse(message.data) as object) } as JobEvent;
        if (message.event && message.event !== "message") event.event = message.event;
        yield event;
        if (event.event === "job.state" && Ended.has(event.state ?? event.job?.state ?? "")) return;
      }
      // The server closes the stream after the job's end; a resume then yields nothing more.
      if (++failures > 3) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) throw error;
      if (++failures > 6) throw error;
    }
    await pause(Math.min(250 * 2 ** failures, 5000), signal);
  }
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });

interface Message {
  id: string;
  event: string;
  data: string;
}

/** The messages of a text/event-stream. */
export async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) yield parse(block);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

function parse(block: string): Message {
  const message = { id: "", event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") message.id = value;
    else if (name === "event") message.event = value;
    else if (name === "data") data.push(value);
  }
  return { ...message, data: data.join("\n") };
}

export const imageAddress = (id: string): string => address(`api/images/${id}`);
