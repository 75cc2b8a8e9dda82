import type { ServerResponse } from "node:http";
import type { Job, JobEvent } from "../src/lib/types";

export const jobs = new Map<string, Job>();

export function start(body: Record<string, unknown>): Job {
  const job: Job = {
    id: `j${jobs.size + 1}${Date.now().toString(36)}`,
    state: "queued", prompt: String(body.prompt), kind: body.kind === "edit" ? "edit" : "generate", count: Number(body.count ?? 1),
    seed: Number(body.seed ?? 1), created: new Date().toISOString(), samples: [],
  };
  jobs.set(job.id, job);
  return job;
}

/** Tells a job's events as the server would, a step each 60 ms. */
export async function follow(id: string, after: number, response: ServerResponse): Promise<void> {
  const job = jobs.get(id);
  if (!job) return void response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  const events = script(job);
  for (const [index, event] of events.entries()) {
    if (index < after) continue;
    if (job.state === "cancelled") break;
    if (!["succeeded", "cancelled"].includes(job.state)) await new Promise((resolve) => setTimeout(resolve, 60 / job.count));
    if (event.event === "job.state" && job.state !== ("cancelled" as Job["state"])) job.state = event.state!;
    response.write(`id: ${index + 1}\nevent: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  if (job.state === "cancelled") response.write(`id: ${events.length}\nevent: job.state\ndata: {"event":"job.state","state":"cancelled"}\n\n`);
  else job.samples = Array.from({ length: job.count }, (_, index) => ({ index, trajectory: `01a20000000${index}`, image: `/api/images/${id}x${index}x1`, passed: true, reason: "answered" }));
  response.end();
}

function script(job: Job): JobEvent[] {
  const samples = Array.from({ length: job.count }, (_, sample) => [...round(job, sample, 0), ...round(job, sample, 1), ...ending(job, sample)]);
  const mixed = Array.from({ length: samples[0]!.length }, (_, step) => samples.map((events) => events[step]!)).flat();
  return [{ event: "job.state", state: "running" }, ...mixed, { event: "job.state", state: "succeeded" }];
}

function round(job: Job, sample: number, index: number): JobEvent[] {
  const told = { sample, round: index, trajectory: `01a20000000${sample}` };
  const thought = index === 0 ? `${job.prompt}. Spread them out, large.` : "The last one is missing. Say it first, and where.";
  const prompt = index === 0 ? `large ${job.prompt}, white background` : `large ${job.prompt}, each apart, white background`;
  const image = { id: `${job.id}x${sample}x${index}`, media_type: "image/png", width: 96, height: 96, seed: 1000 + sample * 7 + index, requested_seed: 1 };
  const judgment: JobEvent[] = index === 0 ? [] : [{ ...told, event: "judgment", text: "Two of three are found.", verdict: "fail" }];
  return [
    ...judgment,
    ...thought.split(/(?<= )/).map((text): JobEvent => ({ ...told, event: "text", section: "thought", text })),
    { ...told, event: "thought", text: thought },
    { ...told, event: "call", tool: "generate_image", arguments: JSON.stringify({ prompt }) },
    ...[0.25, 0.5, 0.75, 1].map((fraction): JobEvent => ({ ...told, event: "progress", candidate: 0, fraction, stage: "denoise" })),
    { ...told, event: "attempt", candidate: 0, number: index + 1, prompt, image },
  ];
}

const ending = (job: Job, sample: number): JobEvent[] => [
  { sample, round: 2, event: "judgment", text: "All are found.", verdict: "pass" },
  { sample, round: 2, event: "answer", text: "image 2" },
  {
    sample, round: 2, event: "run_completed", stop_reason: "answered", rounds: 2, seconds: 2.4,
    image: { id: `${job.id}x${sample}x1`, media_type: "image/png", width: 96, height: 96, seed: 1, requested_seed: 1 },
  },
];
