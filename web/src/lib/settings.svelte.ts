export type Theme = "auto" | "light" | "dark";

const read = (name: string): string | null => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};

const write = (name: string, value: string): void => {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // A browser that keeps nothing: the setting lasts as long as the page.
  }
};

/** What this browser remembers: the theme and the API key. */
class Settings {
  theme = $state<Theme>((read("theme") as Theme | null) ?? "auto");
  key = $state(read("key") ?? "");
  /** Whether the server refused a request for want of a key. */
  keyWanted = $state(false);

  constructor() {
    this.#show();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    write("theme", theme === "auto" ? "" : theme);
    this.#show();
  }

  setKey(key: string): void {
    this.key = key.trim();
    this.keyWanted = false;
    write("key", this.key);
  }

  #show(): void {
    if (this.theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = this.theme;
  }
}

export const settings = new Settings();
