import { imageAddress } from "../lib/events";
import type { Fault, ImageDescription, Job, JobEvent, JobState } from "../lib/types";

export interface LiveImage {
  candidate: number;
  number: number | null;
  url: string;
  preview: string;
  fraction: number;
  stage: string;
  seed: number | null;
  width: number;
  height: number;
}

export interface LiveRound {
  index: number;
  judgment: string;
  verdict: "pass" | "fail" | null;
  thought: string;
  thinking: boolean;
  call: string;
  tool: string;
  prompt: string;
  toolText: string;
  images: LiveImage[];
  faults: Fault[];
  answer: string;
}

export interface LiveSample {
  index: number;
  trajectory: string;
  rounds: LiveRound[];
  ended: boolean;
  stopReason: string;
  final: string;
  seconds: number | null;
  passed: boolean | null;
}

const newRound = (index: number): LiveRound => ({
  index, judgment: "", verdict: null, thought: "", thinking: false, call: "", tool: "", prompt: "", toolText: "", images: [], faults: [], answer: "",
});

const newImage = (candidate: number): LiveImage => ({
  candidate, number: null, url: "", preview: "", fraction: 0, stage: "", seed: null, width: 1, height: 1,
});

/** The prompt in a call's arguments, also where the JSON has only half arrived. */
export function promptOf(call: string): string {
  const match = /"prompt"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(call);
  if (!match) return "";
  try {
    return JSON.parse(`"${match[1]!.replace(/\\u?[0-9a-fA-F]{0,3}$/, "")}"`) as string;
  } catch {
    return match[1]!;
  }
}

/** A job as its events tell it: every candidate with its rounds. */
export class LiveJob {
  state = $state<JobState>("queued");
  error = $state("");
  samples = $state<LiveSample[]>([]);

  constructor(readonly id: string, count: number) {
    this.samples = Array.from({ length: Math.max(count, 1) }, (_, index) => LiveJob.#sample(index));
  }

  static #sample(index: number): LiveSample {
    return { index, trajectory: "", rounds: [], ended: false, stopReason: "", final: "", seconds: null, passed: null };
  }

  /** Takes over what the job's own record says, which is more than the events tell of each candidate. */
  settle(job: Job): void {
    this.state = job.state;
    this.error = job.error ?? "";
    for (const told of job.samples) {
      const sample = this.#at(told.index);
      sample.trajectory = told.trajectory ?? sample.trajectory;
      sample.final = told.image ?? sample.final;
      sample.passed = told.passed ?? sample.passed;
      sample.stopReason = sample.stopReason || (told.reason ?? "");
    }
    if (["succeeded", "failed", "cancelled"].includes(job.state)) for (const sample of this.samples) sample.ended = true;
  }

  take(event: JobEvent): void {
    if (event.event === "job.state") {
      this.state = event.state ?? event.job?.state ?? this.state;
      this.error = event.error ?? event.job?.error ?? this.error;
      return;
    }
    const sample = this.#at(event.sample ?? 0);
    sample.trajectory = event.trajectory ?? sample.trajectory;
    // A worker that took over a job after a crash starts its candidate again.
    if (event.event === "run_started") sample.rounds = [];
    else if (event.event === "run_completed") LiveJob.#complete(sample, event);
    else LiveJob.#round(sample, event);
  }

  #at(index: number): LiveSample {
    while (this.samples.length <= index) this.samples.push(LiveJob.#sample(this.samples.length));
    return this.samples[index]!;
  }

  static #complete(sample: LiveSample, event: JobEvent): void {
    sample.ended = true;
    sample.stopReason = event.stop_reason ?? "";
    sample.seconds = event.seconds ?? null;
    sample.final = event.image ? addressOf(event, event.image) : sample.final;
  }

  static #round(sample: LiveSample, event: JobEvent): void {
    const index = event.round ?? 0;
    let round = sample.rounds.find((round) => round.index === index);
    if (!round) {
      sample.rounds.push(newRound(index));
      round = sample.rounds.at(-1)!;
    }
    switch (event.event) {
      case "text": LiveJob.#text(round, event); break;
      case "judgment": round.judgment = event.text ?? ""; round.verdict = event.verdict ?? null; break;
      case "thought": round.thought = event.text ?? ""; round.thinking = false; break;
      case "call": round.thinking = false; round.tool = event.tool ?? ""; round.prompt = promptOf(event.arguments ?? "") || round.prompt; break;
      case "tool_text": round.toolText = event.text ?? ""; break;
      case "fault": if (event.fault) round.faults.push(event.fault); break;
      case "answer": round.answer = event.text ?? ""; break;
      default: LiveJob.#image(round, event);
    }
  }

  static #text(round: LiveRound, event: JobEvent): void {
    const text = event.text ?? "";
    if (event.section === "judgment") round.judgment += text;
    else if (event.section === "answer") round.answer += text;
    else if (event.section === "call") {
      round.thinking = false;
      round.call += text;
      round.prompt = promptOf(round.call) || round.prompt;
    } else {
      round.thinking = true;
      round.thought += text;
    }
  }

  static #image(round: LiveRound, event: JobEvent): void {
    const candidate = event.candidate ?? 0;
    if (!round.images.some((image) => image.candidate === candidate)) round.images.push(newImage(candidate));
    const image = round.images.find((image) => image.candidate === candidate)!;
    if (event.event === "progress") {
      image.fraction = event.fraction ?? image.fraction;
      image.stage = event.stage ?? "";
      image.preview = event.preview ?? event.data ?? image.preview;
      return;
    }
    if (!event.image) return;
    image.fraction = 1;
    image.number = event.number ?? image.number;
    image.seed = event.image.seed ?? event.image.requested_seed;
    image.width = event.image.width;
    image.height = event.image.height;
    image.url = addressOf(event, event.image);
    if (event.event === "attempt" && event.prompt) round.prompt = event.prompt;
  }
}

const addressOf = (event: JobEvent, image: ImageDescription): string => image.url ?? event.data ?? imageAddress(image.id);
