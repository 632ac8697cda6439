// Sums as Prometheus makes them, by Kahan and Neumaier: the digits of its answers depend on it. The
// algebra of buckets has a sum of its own, which does not depend on the order (sum.ts).

export class Kahan {
  sum = 0;
  /** What rounding took from the sum. */
  rest = 0;

  set(sum: number, rest = 0): void {
    this.sum = sum;
    this.rest = rest;
  }

  add(value: number): void {
    const sum = this.sum + value;
    if (sum === Infinity || sum === -Infinity) this.rest = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.rest += this.sum - sum + value;
    else this.rest += value - sum + this.sum;
    this.sum = sum;
  }

  get total(): number {
    return this.sum + this.rest;
  }
}
