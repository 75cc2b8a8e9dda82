import { get, messageOf } from "./api";
import type { Info } from "./types";

/** What the server says of itself, read once. */
class Server {
  info = $state.raw<Info | null>(null);
  error = $state("");

  async load(): Promise<void> {
    try {
      this.info = await get<Info>("api/info");
      this.error = "";
    } catch (error) {
      this.error = messageOf(error);
    }
  }
}

export const server = new Server();
