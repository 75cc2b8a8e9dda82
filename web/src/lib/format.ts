const Relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const Units: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3600], ["minute", 60]];

/** "3 minutes ago", or the date where it is older than a week. */
export function ago(time: string | null | undefined, now = Date.now()): string {
  if (!time) return "";
  const seconds = (new Date(time).getTime() - now) / 1000;
  if (Math.abs(seconds) > 7 * 86_400) return new Date(time).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
  const [unit, size] = Units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return unit === "second" ? "just now" : Relative.format(Math.round(seconds / size), unit);
}

export const moment = (time: string | null | undefined): string =>
  time ? new Date(time).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }) : "";

export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds == null) return "";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

/** A figure with at most three significant places. */
export function figure(value: number | string | boolean | null | undefined): string {
  if (value == null) return "";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 0.01 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

export const count = (number: number, one: string, many = `${one}s`): string => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** "loss_at_t/below_0.50" as a heading that a reader understands. */
export const words = (name: string): string =>
  name.replace(/[_-]+/g, " ").replace(/([a-z])([A-Z])(?=[a-z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`).replace(/([a-z])([A-Z])/g, "$1 $2").replace(/\//g, " / ");
