export interface Word {
  text: string;
  added: boolean;
}

/** The words of `now`, each with whether it is new against `before` (longest common subsequence). */
export function newWords(before: string, now: string): Word[] {
  const old = before.split(/\s+/).filter(Boolean);
  const fresh = now.split(/\s+/).filter(Boolean);
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(fresh.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      lengths[i]![j] = old[i] === fresh[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  let i = 0;
  return fresh.map((text, j) => {
    while (i < old.length && old[i] !== text && lengths[i + 1]![j]! >= lengths[i]![j + 1]!) i++;
    const kept = i < old.length && old[i] === text;
    if (kept) i++;
    return { text, added: !kept };
  });
}
