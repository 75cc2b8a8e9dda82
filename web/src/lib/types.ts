// The JSON of GenAgent.Server's own API and of the event contract (docs/schemas/event.schema.json).

export interface Info {
  version: string;
  agents: { name: string }[];
  generators: { name: string; edits?: boolean }[];
  defaults: { agent?: string | null; generator?: string | null; rounds?: number | null };
  limits: { prompt: number; images: number; count: number; rounds: number };
  authentication: boolean;
  readOnly: boolean;
}

export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export interface JobRequest {
  kind?: "generate" | "edit";
  prompt: string;
  images?: string[];
  count?: number;
  rounds?: number;
  seed?: number;
  size?: { width: number; height: number };
  agent?: string;
  generator?: string;
}

export interface Job {
  id: string;
  state: JobState;
  prompt: string;
  kind: "generate" | "edit";
  count: number;
  rounds?: number | null;
  seed?: number | null;
  agent?: string | null;
  generator?: string | null;
  created: string;
  started?: string | null;
  finished?: string | null;
  error?: string | null;
  samples: JobSample[];
}

export interface JobSample {
  index: number;
  trajectory?: string | null;
  image?: string | null;
  passed?: boolean | null;
  reason?: string | null;
}

export interface ImageDescription {
  id: string;
  media_type: string;
  width: number;
  height: number;
  seed: number | null;
  requested_seed: number;
  url?: string;
}

export type Section = "judgment" | "thought" | "call" | "answer";

export interface Fault {
  kind: string;
  message: string;
}

/** One event of a job: the event contract's members, with the server's own `sample`, and addresses in the place of image data. */
export interface JobEvent {
  event: string;
  sample?: number;
  trajectory?: string;
  round?: number;
  prompt?: string;
  section?: Section;
  text?: string;
  verdict?: "pass" | "fail";
  tool?: string;
  arguments?: string;
  candidate?: number;
  fraction?: number;
  stage?: string | null;
  step?: number | null;
  steps?: number | null;
  number?: number;
  image?: ImageDescription | null;
  data?: string | null;
  /** The address of a preview that comes with progress. */
  preview?: string | null;
  attempt?: number;
  samples?: JobSample[];
  fault?: Fault;
  stop_reason?: string;
  rounds?: number;
  seconds?: number;
  tokens?: { input: number; output: number };
  state?: JobState;
  error?: string | null;
  job?: Job;
}

export type Verdict = "passed" | "failed" | "declined" | "fault";

export interface Summary {
  id: string;
  source: string;
  prompt: string;
  verdict: Verdict | null;
  outside?: "right" | "wrong" | null;
  score?: number | null;
  rounds: number;
  images: number;
  faults: number;
  model?: string | null;
  generator?: string | null;
  category?: string | null;
  group?: string | null;
  created: string;
  thumbnail?: string | null;
}

export interface Facets {
  sources: string[];
  models: string[];
  generators: string[];
  categories: string[];
}

export interface TrajectoryPage {
  items: Summary[];
  next?: string | null;
  total: number;
  facets: Facets;
}

export interface TurnImage {
  id: string;
  url: string;
  width: number;
  height: number;
  seed?: number | null;
}

export interface OutsideVerdict {
  judge: string;
  passed?: boolean | null;
  score?: number | null;
  reason?: string | null;
  error?: string | null;
  image?: string | null;
}

export interface Tokens {
  ids?: number[] | null;
  texts?: string[] | null;
  trained: boolean[];
  logProbabilities: number[];
}

export interface Turn {
  index: number;
  thought?: string | null;
  call?: { tool: string; arguments: unknown } | null;
  prompt?: string | null;
  images: TurnImage[];
  /** The agent's own judgment of this turn's image. */
  judgment?: { passed: boolean; reason?: string | null } | null;
  outside?: OutsideVerdict[] | null;
  reflection?: string | null;
  answer?: string | null;
  faults?: Fault[] | null;
  tokens?: Tokens | null;
  milliseconds?: number | null;
}

export interface Trajectory extends Summary {
  task?: Record<string, unknown> | null;
  seeds?: Record<string, unknown> | null;
  timings?: Record<string, unknown> | null;
  turns: Turn[];
  answer?: { text?: string | null; image?: string | null; imageId?: string | null } | string | null;
  scores?: Record<string, number> | null;
  rewards?: Record<string, number | string> | null;
  dialect?: string | null;
  policyVersion?: string | null;
  stopReason?: string | null;
  error?: string | null;
}

export interface Group {
  prompt: string;
  items: (Summary & { rewards?: Record<string, number | string> | null })[];
}

export interface ComparePair {
  prompt: string;
  category?: string | null;
  a?: Summary | null;
  b?: Summary | null;
}

export interface ComparePage {
  items: ComparePair[];
  next?: string | null;
  totals: Record<string, number>;
}

export type RunKind = "training" | "evaluation" | "generation";

export interface RunSummary {
  name: string;
  kind: RunKind;
  updated: string;
  steps?: number | null;
  summary?: Record<string, unknown> | string | null;
}

export interface Run extends RunSummary {
  report?: string | null;
  series: string[];
}

export type Points = [step: number, value: number | null][];
