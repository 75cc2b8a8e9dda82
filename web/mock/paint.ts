const Colors = ["#c8553d", "#2f6f8f", "#e0a63c", "#4f8a5b", "#7a5a93", "#d98aa5"];

/** A number of 0 to 1 that a text and a place in it fix. */
export function chance(text: string, salt: number): number {
  let hash = 2166136261 ^ salt;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

export const pick = <T>(items: readonly T[], text: string, salt: number): T => items[Math.floor(chance(text, salt) * items.length)]!;

/** A small picture of shapes, as the miniature world has them. */
export function painting(id: string): string {
  const shapes = Array.from({ length: 2 + Math.floor(chance(id, 1) * 4) }, (_, i) => {
    const [x, y, r] = [15 + chance(id, i * 3 + 2) * 66, 15 + chance(id, i * 3 + 3) * 66, 8 + chance(id, i * 3 + 4) * 8];
    const fill = pick(Colors, id, i + 40);
    return chance(id, i + 70) > 0.5
      ? `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`
      : `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}" fill="${fill}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="192" height="192" viewBox="0 0 96 96"><rect width="96" height="96" fill="#f6f1e7"/>${shapes.join("")}</svg>`;
}
