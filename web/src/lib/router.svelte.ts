/** Where the page stands: `#/browse?verdict=passed` is the path `["browse"]` and the query `verdict=passed`. */
class Router {
  path = $state.raw<string[]>([]);
  query = $state.raw(new URLSearchParams());

  constructor() {
    addEventListener("hashchange", () => this.#read());
    this.#read();
  }

  #read(): void {
    const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
    this.path = path.split("/").filter(Boolean).map(decodeURIComponent);
    this.query = new URLSearchParams(query);
  }

  go(hash: string): void {
    location.hash = hash;
  }

  /** Changes the address without a new entry in the browser's history. */
  replace(hash: string): void {
    history.replaceState(null, "", hash);
    this.#read();
  }
}

export const router = new Router();

export const to = (...path: string[]): string => `#/${path.map(encodeURIComponent).join("/")}`;
