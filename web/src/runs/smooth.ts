/** An exponential moving average with the bias of its start taken out, as TensorBoard's. Gaps stay gaps. */
export function smoothed(values: readonly (number | null)[], weight = 0.9): (number | null)[] {
  let sum = 0;
  let mass = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    sum = sum * weight + value * (1 - weight);
    mass = mass * weight + (1 - weight);
    return sum / mass;
  });
}
