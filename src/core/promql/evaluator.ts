// Walks the tree of an expression. Each node hands its series on one by one, so that a sum over many
// holds none of them; only what needs several at once keeps columns, and those are counted.

import { compileMatchers } from "../query/matcher.ts";
import { METRIC_NAME } from "../query/source.ts";
import { isStreamed, streamAggregate } from "./aggregate.ts";
import {
  isComparison,
  isSetOperator,
  unwrapped,
  type At,
  type Binary,
  type Call,
  type Expr,
  type MatrixSelector,
  type Selector,
  type Subquery,
} from "./ast.ts";
import { combineScalars, streamBinary, withScalar } from "./binary.ts";
import { typeOf } from "./check.ts";
import { Merged } from "./columns.ts";
import {
  newColumn,
  timeAt,
  type Column,
  type Emit,
  type Evaluation,
  type Grid,
} from "./evaluation.ts";
import { Failure, StartOver } from "./error.ts";
import { functionOf, type PromFunction } from "./functions.ts";
import { streamGroups } from "./group-functions.ts";
import { streamInstant } from "./instant.ts";
import { NONE, valueOf, withoutName } from "./labels.ts";
import type { Notes } from "./notes.ts";
import type { SampleSource, TakeSeries, Use } from "./source.ts";
import type { Spent } from "./spent.ts";
import { sizeOf, streamWindows } from "./window.ts";
import { mayDiffer } from "./names.ts";

/** What all parts of the evaluation of one query share. */
export interface Run {
  readonly source: SampleSource;
  readonly notes: Notes;
  /** Of the whole query, Unix ms. */
  readonly start: number;
  readonly end: number;
  /** ms. */
  readonly lookback: number;
  readonly subqueryStep: number;
  readonly spent: Spent;
}

export class Evaluator implements Evaluation {
  readonly grid: Grid;
  readonly seen: Float64Array | undefined;
  readonly #run: Run;
  readonly #after: Promise<unknown> | undefined;

  constructor(run: Run, grid: Grid, seen?: Float64Array, after?: Promise<unknown>) {
    this.#run = run;
    this.grid = grid;
    this.seen = seen;
    this.#after = after;
  }

  get notes(): Notes {
    return this.#run.notes;
  }

  get lookback(): number {
    return this.#run.lookback;
  }

  get subqueryStep(): number {
    return this.#run.subqueryStep;
  }

  at(grid: Grid): Evaluation {
    return new Evaluator(this.#run, grid, undefined, this.#after);
  }

  after(before: Promise<unknown>): Evaluation {
    return new Evaluator(this.#run, this.grid, this.seen, before);
  }

  timeOf(at: At | undefined): number | undefined {
    if (at === "start") return this.#run.start;
    return at === "end" ? this.#run.end : at;
  }

  hold(columns: number): void {
    this.#run.spent.hold(columns * this.grid.count);
  }

  release(columns: number): void {
    this.#run.spent.release(columns * this.grid.count);
  }

  work(looks: number): Promise<void> | undefined {
    return this.#run.spent.work(looks);
  }

  async select(
    selector: Selector,
    { from, to }: { readonly from: number; readonly to: number },
    use: Omit<Use, "step">,
    take: TakeSeries,
  ): Promise<void> {
    const { source, spent } = this.#run;
    const after = this.#after;
    const taken: TakeSeries = async (series) => {
      spent.read(sizeOf(series));
      await take(series);
      // It may go on to read.
      spent.leave();
    };
    const matchers = compileMatchers(selector.matchers);
    if (!matchers.ok) throw new TypeError("matchers that passed the check do not compile");
    spent.begins();
    // Reading has turns of its own.
    spent.rest();
    const found = await source.select(
      {
        matchers: matchers.value,
        from: from + 1,
        to: to + 1,
        use: { ...use, step: this.grid.step },
        after,
      },
      // Whether the source has waited or not.
      after === undefined ? taken : (series) => after.then(() => taken(series)),
    );
    spent.selectionIsOver();
    if (!found.ok) {
      const { error } = found;
      throw error.kind === "again" ? new StartOver() : new Failure({ kind: "read", error });
    }
    for (const text of found.value.infos) this.notes.info(text, selector);
    for (const text of found.value.warnings) this.notes.warn(text, selector);
  }

  async scalar(expr: Expr): Promise<Float64Array> {
    switch (expr.kind) {
      case "number":
        return new Float64Array(this.grid.count).fill(expr.value);
      case "paren":
        return this.scalar(expr.expr);
      case "unary": {
        const values = await this.scalar(expr.expr);
        return expr.negative ? values.map((value) => -value) : values;
      }
      case "binary":
        return combineScalars(expr.op, await this.scalar(expr.left), await this.scalar(expr.right));
      case "call": {
        const { body } = functionOf(expr.name)!;
        if (body.over === "scalar") return body.body(this, expr);
      }
    }
    throw new TypeError(`a ${expr.kind} that is no scalar passed the check of types`);
  }

  async stream(expr: Expr, emit: Emit): Promise<void> {
    switch (expr.kind) {
      case "paren":
        return this.stream(expr.expr, emit);
      case "selector":
        return streamInstant(this, expr, "value", emit);
      case "aggregate":
        return isStreamed(expr.op)
          ? streamAggregate(this, expr, expr.op, emit)
          : streamGroups(this, expr, emit);
      case "unary":
        if (!expr.negative) return this.stream(expr.expr, emit);
        return this.#each(expr.expr, true, emit, (values) => {
          for (let i = 0; i < values.length; i++) values[i] = -values[i]!;
        });
      case "binary":
        return this.#binary(expr, emit);
      case "call":
        return this.#call(expr, functionOf(expr.name)!, emit);
      default:
        throw new TypeError(`a ${expr.kind} that is no vector passed the check of types`);
    }
  }

  async collect(expr: Expr): Promise<Column[]> {
    const columns: Column[] = [];
    await this.stream(expr, (labels, values, has) => {
      this.hold(1);
      columns.push({ labels, values: values.slice(), has: has.slice() });
    });
    return columns;
  }

  /** Changes each column in place; without names, those that become the same are one. */
  async #each(
    expr: Expr,
    dropName: boolean,
    emit: Emit,
    change: (values: Float64Array, has: Uint8Array) => void,
  ): Promise<void> {
    await this.#named(expr, dropName, emit, (next) =>
      this.stream(expr, async (labels, values, has) => {
        await this.work(values.length);
        change(values, has);
        await next(labels, values, has);
      }),
    );
  }

  /** Takes the names away, where that is asked for, of what `run` hands on. */
  async #named(
    expr: Expr,
    dropName: boolean,
    emit: Emit,
    run: (next: Emit) => Promise<void>,
  ): Promise<void> {
    if (!dropName) return run(emit);
    if (!mayDiffer(expr))
      return run((labels, values, has) => emit(withoutName(labels), values, has));
    const merged = new Merged(this);
    await run((labels, values, has) => merged.add(withoutName(labels), values, has));
    await merged.emit(emit);
  }

  async #binary(binary: Binary, emit: Emit): Promise<void> {
    const { op, left, right, bool } = binary;
    const leftScalar = typeOf(left) === "scalar";
    if (!leftScalar && typeOf(right) === "vector") return streamBinary(this, binary, emit);
    const scalar = await this.scalar(leftScalar ? left : right);
    const drop = bool || !(isComparison(op) || isSetOperator(op));
    await this.#each(leftScalar ? right : left, drop, emit, withScalar(binary, scalar, leftScalar));
  }

  async #call(call: Call, { body }: PromFunction, emit: Emit): Promise<void> {
    switch (body.over) {
      case "vector":
        return body.body(this, call, emit);
      case "values":
        return this.#values(call, body.body, emit);
      case "window":
        return this.#window(call, body, emit);
      case "scalar":
        throw new TypeError(`${call.name}() is no vector and passed the check of types`);
    }
  }

  async #values(call: Call, body: ValuesBody, emit: Emit): Promise<void> {
    const [vector, ...rest] = call.args;
    const { grid } = this;
    if (vector === undefined) {
      // Of the time itself: hour(), and the like.
      const { values, has } = newColumn(NONE, grid.count);
      for (let i = 0; i < grid.count; i++) values[i] = body(timeAt(grid, i) / 1_000, 0, 0)!;
      await emit(NONE, values, has.fill(1));
      return;
    }
    const [a, b] = await Promise.all(rest.map((arg) => this.scalar(arg)));
    await this.#each(vector, true, emit, (values, has) => {
      for (let i = 0; i < values.length; i++) {
        if (has[i] === 0) continue;
        const value = body(values[i]!, a?.[i], b?.[i]);
        if (value === undefined) has[i] = 0;
        else values[i] = value;
      }
    });
  }

  async #window(
    call: Call,
    body: Extract<PromFunction["body"], { over: "window" }>,
    emit: Emit,
  ): Promise<void> {
    const args = call.args.map(unwrapped);
    const over = args.find(isRange)!;
    const param = args.find((arg) => !isRange(arg));
    const params = param && (await this.scalar(param));
    const note = (labels: Parameters<Emit>[0]): void => {
      if (body.isCounter === true) this.notes.counter(valueOf(labels, METRIC_NAME), over);
      if (body.isQuantile === true) for (const q of params ?? []) this.notes.quantile(q, param!);
    };
    await this.#named(over, body.keepsName !== true, emit, (next) =>
      streamWindows(this, call, over, body, params, (labels, values, has) => {
        note(labels);
        return next(labels, values, has);
      }),
    );
  }
}

type ValuesBody = Extract<PromFunction["body"], { over: "values" }>["body"];

const isRange = (expr: Expr): expr is MatrixSelector | Subquery =>
  expr.kind === "matrix" || expr.kind === "subquery";
