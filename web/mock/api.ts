import type { Info, Points, Summary } from "../src/lib/types";
import { summaries, trajectory } from "./data.ts";
import { jobs, start } from "./job.ts";
import { chance } from "./paint.ts";

const info: Info = {
  version: "mock", agents: [{ name: "micro" }, { name: "oracle" }], generators: [{ name: "micro", edits: true }, { name: "canvas", edits: false }],
  defaults: { agent: "micro", generator: "micro", rounds: 2 }, limits: { prompt: 2000, images: 1, count: 8, rounds: 8 }, authentication: false, readOnly: false,
};

const unique = (values: (string | null | undefined)[]): string[] => [...new Set(values.filter((value) => value != null))].sort();

const facets = {
  sources: unique(summaries.map((one) => one.source)), models: unique(summaries.map((one) => one.model)),
  generators: unique(summaries.map((one) => one.generator)), categories: unique(summaries.map((one) => one.category)),
};

/** The status and the body that the server answers a request with. */
export function answer(method: string, url: URL, body: Record<string, unknown>): [number, unknown] {
  const [collection, id = "", action] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const query = url.searchParams;
  switch (collection) {
    case "info": return [200, info];
    case "jobs": return job(method, id, action, body);
    case "trajectories": return id ? one(id, action) : [200, page(query)];
    case "groups": return [200, group(id)];
    case "compare": return [200, compare(query)];
    case "runs": return [200, url.pathname.endsWith("/metrics") ? metrics(query) : id ? run(url.pathname.slice(6)) : { items: runs }];
    default: return missing;
  }
}

const missing: [number, unknown] = [404, { title: "Not found", detail: "There is nothing at this address." }];

function job(method: string, id: string, action: string | undefined, body: Record<string, unknown>): [number, unknown] {
  if (method === "POST" && !id) return [202, start(body)];
  if (!id) return [200, { items: [...jobs.values()].reverse(), next: null }];
  const found = jobs.get(id);
  if (!found) return missing;
  if (action === "cancel") found.state = "cancelled";
  return [200, found];
}

function one(id: string, action: string | undefined): [number, unknown] {
  const found = summaries.find((summary) => summary.id === id);
  if (!found) return missing;
  return action === "rerun" ? [202, start({ prompt: found.prompt })] : [200, trajectory(found)];
}

function page(query: URLSearchParams): unknown {
  const text = query.get("text")?.toLowerCase();
  const found = summaries.filter((item) =>
    (["verdict", "outside", "source", "model", "generator", "category", "group"] as const).every((name) => !query.get(name) || item[name] === query.get(name))
    && (!text || item.prompt.toLowerCase().includes(text)) && (query.get("faults") !== "true" || item.faults > 0)
    && item.rounds >= Number(query.get("minRounds") ?? 0) && item.rounds <= Number(query.get("maxRounds") ?? 99));
  if (query.get("sort") === "oldest") found.reverse();
  if (query.get("sort") === "score") found.sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  const from = Number(query.get("cursor") ?? 0);
  const to = from + Number(query.get("limit") ?? 50);
  return { items: found.slice(from, to), next: to < found.length ? String(to) : null, total: found.length, facets };
}

function group(id: string): unknown {
  const items = summaries.filter((item) => item.group === id);
  return { prompt: items[0]?.prompt, items: items.map((item) => ({ ...item, rewards: trajectory(item).rewards })) };
}

function compare(query: URLSearchParams): unknown {
  const side = (name: string): Summary[] => summaries.filter((item) => item.source === query.get(name)).slice(0, 60);
  const [a, b] = [side("a"), side("b")];
  return {
    items: a.map((item, index) => ({ prompt: item.prompt, category: item.category, a: item, b: b[index] })), next: null,
    totals: { pairs: a.length, onlyA: 0, onlyB: 0, aRight: 40, bRight: 45, bothRight: 31, aBetter: 9, bBetter: 14 },
  };
}

const runs = [
  { name: "rehearsal/micro-flux", kind: "training", updated: new Date().toISOString(), steps: 1200, summary: { loss: 0.182, success: 0.86 } },
  { name: "evaluations/full", kind: "evaluation", updated: new Date(1_796_000_000_000).toISOString(), summary: { prompts: 580, success: 0.954 } },
];

const run = (name: string): unknown => ({ ...runs.find((run) => run.name === decodeURIComponent(name)), series: name.startsWith("rehearsal") ? ["loss", "success/all", "learning_rate", "samples_per_second", "gradient_norm"] : [] });

function metrics(query: URLSearchParams): unknown {
  const after = Number(query.get("after") ?? -1);
  const steps = Array.from({ length: 600 }, (_, i) => i * 2).filter((step) => step > after);
  const series = (query.get("series") ?? "").split(",").map((name): [string, Points] =>
    [name, steps.map((step) => [step, (name.startsWith("success") ? 1 - Math.exp(-step / 300) : 1.8 * Math.exp(-step / 250)) + chance(name, step) * 0.12])]);
  return { series: Object.fromEntries(series) };
}
