import { get, messageOf, withQuery } from "../lib/api";
import type { Facets, Summary, TrajectoryPage } from "../lib/types";

const PageSize = 200;

/** The filters that the list's address may name; the names are those of GET /api/trajectories. */
export const FilterNames = [
  "text", "source", "verdict", "outside", "minScore", "maxScore", "minRounds", "maxRounds", "faults", "model", "generator", "category", "group", "sort",
] as const;
export type FilterName = (typeof FilterNames)[number];

export const filtersOf = (query: URLSearchParams): Partial<Record<FilterName, string>> =>
  Object.fromEntries(FilterNames.flatMap((name) => (query.get(name) ? [[name, query.get(name)!]] : [])));

/** The list of trajectories that match the filters, read page by page as far as it is looked at. */
class TrajectoryList {
  items = $state.raw<Summary[]>([]);
  total = $state<number | null>(null);
  facets = $state.raw<Facets>({ sources: [], models: [], generators: [], categories: [] });
  error = $state("");
  loading = $state(false);
  /** Where the reader had scrolled to, for the way back from one trajectory. */
  scroll = 0;
  #key: string | null = null;
  #next: string | null = null;
  #wanted = 0;
  #stop = new AbortController();

  /** Starts over where the filters are others than before. Returns whether they are. */
  open(query: URLSearchParams): boolean {
    const key = JSON.stringify(filtersOf(query));
    if (key === this.#key && !this.error) return false;
    this.#key = key;
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#next = null;
    this.#wanted = 1;
    this.total = null;
    this.items = [];
    this.scroll = 0;
    void this.#fill(this.#stop.signal, true);
    return true;
  }

  /** Asks for the items up to an index; the pages between are read one after another. */
  need(upTo: number): void {
    this.#wanted = Math.max(this.#wanted, upTo);
    if (!this.loading && this.#next !== null && this.items.length < this.#wanted) void this.#fill(this.#stop.signal, false);
  }

  neighbours(id: string): { before?: Summary; after?: Summary; index: number } {
    const index = this.items.findIndex((item) => item.id === id);
    return index < 0 ? { index } : { before: this.items[index - 1], after: this.items[index + 1], index };
  }

  async #fill(signal: AbortSignal, first: boolean): Promise<void> {
    this.loading = true;
    this.error = "";
    const filters = JSON.parse(this.#key!) as Record<string, string>;
    try {
      for (let begin = first; begin || (this.#next !== null && this.items.length < this.#wanted); begin = false) {
        const path = withQuery("api/trajectories", { ...filters, limit: begin ? 60 : PageSize, cursor: this.#next });
        const page = await get<TrajectoryPage>(path, signal);
        this.items = begin ? page.items : this.items.concat(page.items);
        this.total = page.total;
        this.facets = page.facets ?? this.facets;
        this.#next = page.items.length > 0 ? (page.next ?? null) : null;
      }
    } catch (error) {
      if (signal.aborted) return;
      this.error = messageOf(error);
    }
    if (!signal.aborted) this.loading = false;
  }
}

export const list = new TrajectoryList();
