import { settings } from "./settings.svelte";

/** A request that the server refused, with its RFC 9457 problem details. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly fields: Record<string, string[]>,
  ) {
    super(detail || title);
  }
}

/** An address of the server, relative to the page. */
export const address = (path: string): string => new URL(path.replace(/^\//, ""), document.baseURI).href;

export const keyHeader = (): Record<string, string> => (settings.key ? { Authorization: `Bearer ${settings.key}` } : {});

/** A path with its query; members without a value are left out. */
export function withQuery(path: string, query: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address(path), { ...init, headers: { ...keyHeader(), ...(init.headers as Record<string, string> | undefined) } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer", "The server does not answer. Is it still running?", {});
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<ApiError> {
  if (response.status === 401 || response.status === 403) settings.keyWanted = true;
  const problem = await response.json().catch(() => ({})) as { title?: string; detail?: string; errors?: Record<string, string[] | string> };
  const fields = Object.fromEntries(Object.entries(problem.errors ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value : [value]]));
  const title = problem.title ?? `The server answered ${response.status}`;
  return new ApiError(response.status, title, problem.detail ?? Object.values(fields).flat().join(" "), fields);
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> => (await send(path, { signal })).json() as Promise<T>;

export async function post<T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const response = await send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body ?? {}),
  });
  return response.json() as Promise<T>;
}

/** Saves what an address gives as a file, with the key where there is one. */
export async function save(path: string, name: string): Promise<void> {
  const blob = await (await send(path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
