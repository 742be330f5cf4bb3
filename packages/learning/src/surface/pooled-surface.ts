/**
 * Utility as a surface over the settings that every context shares in part: what is true everywhere, what goes with a label, and
 * what is the context's own.
 *
 *     f_context = global + Σ label + own,   each normal around 0 with variance amplitude² · λ_level · (feature variance)
 *
 * How much is shared is learnt (empirical Bayes): the λ of a label that means nothing shrinks by itself. A context never counts
 * twice: what it takes from the others is computed without it, and what it passes to them has its own part integrated out.
 */
import type { Context, ContextId } from "@trimtab/conventions";
import {
  accumulate,
  accumulateProduct,
  addScaled,
  diagonal,
  inverse,
  type Matrix,
  multiply,
} from "../statistics/linear-algebra.ts";
import { type SurfaceEvidence, unpack } from "./surface-evidence.ts";

/** Variances of the levels and the last means of their nodes; JSON. */
export type SurfaceLevels = {
  readonly lambdas: { readonly global: number; readonly label: number; readonly own: number };
  readonly means: Readonly<Record<string, readonly number[]>>;
};

/** A normal belief about the weights of the features. */
export interface Belief {
  readonly mean: Float64Array;
  readonly covariance: Matrix;
}

/** What is believed of one context. */
export interface ContextBelief {
  /** By everything. */
  readonly posterior: Belief;
  /** By the other contexts alone: what this one would begin with. */
  readonly inherited: Belief;
  /** Prior variance of each weight before anything was measured anywhere. */
  readonly priorVariances: readonly number[];
}

const FIRST_LAMBDAS: SurfaceLevels["lambdas"] = { global: 1, label: 0.4 ** 2, own: 0.3 ** 2 };
const LAMBDA_WEIGHT = 4;
const LAMBDA_RANGE = [0.01, 4] as const;
const GLOBAL = "";

/** What is believed of the sum of two independent surfaces over the same features. */
export function sumOfBeliefs(one: ContextBelief, other: ContextBelief): ContextBelief {
  const sum = (left: Belief, right: Belief): Belief => ({
    mean: addScaled(left.mean, right.mean, 1),
    covariance: addScaled(left.covariance, right.covariance, 1),
  });
  return {
    posterior: sum(one.posterior, other.posterior),
    inherited: sum(one.inherited, other.inherited),
    priorVariances: one.priorVariances.map((variance, index) => variance + (other.priorVariances[index] ?? 0)),
  };
}

/** Nothing learnt about the levels yet. */
export const FIRST_LEVELS: SurfaceLevels = { lambdas: FIRST_LAMBDAS, means: {} };

interface Member {
  readonly nodes: readonly string[];
  readonly precision: Matrix;
  readonly score: Float64Array;
  /** What the context passes up, with its own part integrated out. */
  readonly upward: { readonly precision: Matrix; readonly score: Float64Array };
}

interface Node {
  readonly precision: Matrix;
  readonly score: Float64Array;
  readonly priorVariances: readonly number[];
  mean: Float64Array;
}

/**
 * What contexts pass up is a function of their evidence and of the prior, so remembering it changes nothing but the time it takes:
 * in most turns most contexts have nothing new.
 */
const CONTRIBUTIONS = new WeakMap<SurfaceEvidence, Omit<Member, "nodes"> & { readonly key: string }>();

/** The surface of one operation at one moment. */
export class PooledSurface {
  private readonly size: number;
  private readonly variances: readonly number[];
  private readonly levels: SurfaceLevels;
  private readonly members = new Map<ContextId, Member>();
  private readonly nodes = new Map<string, Node>();

  /**
   * @param variances Relative prior variances of the features.
   * @param amplitude Differences between settings are thought to be of this size before anything is measured.
   */
  constructor(
    variances: readonly number[],
    amplitude: number,
    levels: SurfaceLevels,
    contexts: ReadonlyMap<ContextId, { readonly context: Context; readonly evidence: SurfaceEvidence }>,
  ) {
    this.size = variances.length;
    this.variances = variances.map((variance) => variance * amplitude ** 2);
    this.levels = levels;
    const shared = sharedLabels(contexts);
    for (const [id, { context, evidence }] of contexts) this.members.set(id, this.memberOf(context, evidence, shared));
    this.solveNodes();
  }

  /** What is believed of a context; one that has no evidence yet is believed to be like the others. */
  beliefOf(id: ContextId): ContextBelief {
    const { size } = this;
    const member = this.members.get(id);
    const own = this.scaledVariances(this.levels.lambdas.own);
    let mean: Float64Array = new Float64Array(size);
    let covariance = diagonal(own);
    const priorVariances = [...own];
    for (const name of member?.nodes ?? [GLOBAL]) {
      const node = this.nodes.get(name);
      if (node === undefined) continue;
      node.priorVariances.forEach((variance, index) => {
        priorVariances[index] = (priorVariances[index] ?? 0) + variance;
      });
      const without = this.solveWithout(node, name, member);
      mean = addScaled(mean, without.mean, 1);
      covariance = addScaled(covariance, without.covariance, 1);
    }
    const inherited: Belief = { mean, covariance };
    if (member === undefined) return { posterior: inherited, inherited, priorVariances };
    const information = inverse(covariance, size);
    const posterior = inverse(addScaled(information, member.precision, 1), size);
    const score = addScaled(multiply(information, mean), member.score, 1);
    return { posterior: { mean: multiply(posterior, score), covariance: posterior }, inherited, priorVariances };
  }

  /** The means for the next turn, and, when asked for, the variances of the levels as the evidence has them. */
  nextLevels(isLearningVariances: boolean): SurfaceLevels {
    const means = Object.fromEntries([...this.nodes].map(([name, { mean }]) => [name, [...mean]]));
    if (!isLearningVariances) return { ...this.levels, means };
    const sums = { global: [0, 0], label: [0, 0], own: [0, 0] } as Record<
      keyof SurfaceLevels["lambdas"],
      [number, number]
    >;
    const take = (level: keyof SurfaceLevels["lambdas"], mean: Float64Array, covariance: Matrix): void => {
      const lambda = this.levels.lambdas[level];
      this.variances.forEach((variance, index) => {
        sums[level][0] += (mean[index] as number) ** 2 / variance;
        sums[level][1] += 1 - (covariance[index * this.size + index] as number) / (variance * lambda);
      });
    };
    for (const [name, node] of this.nodes) {
      take(
        name === GLOBAL ? "global" : "label",
        node.mean,
        inverse(this.withPrior(node.precision, node.priorVariances), this.size),
      );
    }
    const ownVariances = this.scaledVariances(this.levels.lambdas.own);
    for (const member of this.members.values()) {
      const covariance = inverse(this.withPrior(member.precision, ownVariances), this.size);
      const rest = addScaled(member.score, multiply(member.precision, this.nodeMean(member.nodes)), -1);
      take("own", multiply(covariance, rest), covariance);
    }
    const lambdas = { ...this.levels.lambdas };
    for (const level of ["global", "label", "own"] as const) {
      const [squares, degrees] = sums[level];
      // MacKay's fixed point with the start as four observations, half of the way at a time
      const next = (LAMBDA_WEIGHT * FIRST_LAMBDAS[level] + squares) / (LAMBDA_WEIGHT + Math.max(0, degrees));
      lambdas[level] = Math.min(LAMBDA_RANGE[1], Math.max(LAMBDA_RANGE[0], (lambdas[level] + next) / 2));
    }
    return { lambdas, means };
  }

  private memberOf(context: Context, evidence: SurfaceEvidence, shared: ReadonlySet<string>): Member {
    const nodes = [GLOBAL, ...labelsOf(context).filter((label) => shared.has(label))];
    const own = this.scaledVariances(this.levels.lambdas.own);
    const key = `${this.size} ${own[0]}`;
    let contribution = CONTRIBUTIONS.get(evidence);
    if (contribution?.key !== key) {
      contribution = { key, ...this.contributionOf(evidence, own) };
      CONTRIBUTIONS.set(evidence, contribution);
    }
    return { nodes, ...contribution };
  }

  /** P − P V P and P V b, with P the prior precision of the own part and V its posterior covariance. */
  private contributionOf(evidence: SurfaceEvidence, own: readonly number[]): Omit<Member, "nodes"> {
    const { size } = this;
    const { precision, score } = unpack(evidence, size);
    const covariance = inverse(this.withPrior(precision, own), size);
    const upward = new Float64Array(size * size);
    const pass = multiply(covariance, score);
    for (let row = 0; row < size; row++) {
      const p = 1 / (own[row] as number);
      pass[row] = (pass[row] as number) * p;
      for (let column = 0; column < size; column++) {
        const q = 1 / (own[column] as number);
        upward[row * size + column] = (row === column ? p : 0) - p * q * (covariance[row * size + column] as number);
      }
    }
    return { precision, score, upward: { precision: upward, score: pass } };
  }

  /** One sweep of backfitting, from the means of the last turn. */
  private solveNodes(): void {
    const { size } = this;
    const members = this.membersByNode(); // looking through all members for each node would take the square of their number
    const names = [...members.keys()].sort();
    const means = new Map(
      names.map((name) => [name, Float64Array.from(this.levels.means[name] ?? new Float64Array(size))]),
    );
    for (const name of names) {
      const precision = new Float64Array(size * size);
      const score = new Float64Array(size);
      for (const { nodes, upward } of members.get(name) ?? []) {
        accumulate(precision, upward.precision, 1);
        accumulate(score, upward.score, 1);
        for (const other of nodes) {
          const mean = other === name ? undefined : means.get(other);
          if (mean !== undefined) accumulateProduct(score, upward.precision, mean, -1);
        }
      }
      const lambda = name === GLOBAL ? this.levels.lambdas.global : this.levels.lambdas.label;
      const priorVariances = this.scaledVariances(lambda);
      const mean = multiply(
        inverse(this.withPrior(precision, priorVariances), size),
        score,
      ) as Float64Array<ArrayBuffer>;
      means.set(name, mean);
      this.nodes.set(name, { precision, score, priorVariances, mean });
    }
  }

  private membersByNode(): ReadonlyMap<string, readonly Member[]> {
    const found = new Map<string, Member[]>();
    for (const member of this.members.values()) {
      for (const name of member.nodes) {
        const members = found.get(name);
        if (members === undefined) found.set(name, [member]);
        else members.push(member);
      }
    }
    return found;
  }

  /** A node's belief with one member's contribution taken out again. */
  private solveWithout(node: Node, name: string, member: Member | undefined): Belief {
    const { size } = this;
    let { precision, score } = node;
    if (member !== undefined) {
      precision = addScaled(precision, member.upward.precision, -1);
      score = addScaled(score, member.upward.score, -1);
      for (const other of member.nodes) {
        const mean = other === name ? undefined : this.nodes.get(other)?.mean;
        if (mean !== undefined) accumulateProduct(score, member.upward.precision, mean, 1);
      }
    }
    const covariance = inverse(this.withPrior(precision, node.priorVariances), size);
    return { mean: multiply(covariance, score), covariance };
  }

  private nodeMean(names: readonly string[]): Float64Array {
    return names.reduce<Float64Array>(
      (sum, name) => addScaled(sum, this.nodes.get(name)?.mean ?? sum, this.nodes.has(name) ? 1 : 0),
      new Float64Array(this.size),
    );
  }

  private withPrior(precision: Matrix, variances: readonly number[]): Matrix {
    const sum = precision.slice();
    variances.forEach((variance, index) => {
      const place = index * this.size + index;
      sum[place] = (sum[place] as number) + 1 / variance;
    });
    return sum;
  }

  private scaledVariances(lambda: number): number[] {
    return this.variances.map((variance) => variance * lambda);
  }
}

function labelsOf(context: Context): string[] {
  return Object.entries(context).map(([key, value]) => `${key}=${value}`);
}

/** Labels that at least two contexts have, and not all of them: any other says nothing beside global and own. */
function sharedLabels(contexts: ReadonlyMap<ContextId, { readonly context: Context }>): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const { context } of contexts.values())
    for (const label of labelsOf(context)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count >= 2 && count < contexts.size).map(([label]) => label));
}
