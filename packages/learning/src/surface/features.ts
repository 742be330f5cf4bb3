/**
 * From the values of parameters to the coordinates in which utility is a straight line: smooth waves for numbers, one
 * coordinate per choice, and their products.
 *
 *     number     √2·cos(kπx), x scaled to 0…1 (log where declared), prior variance ∝ (3/ℓ² + (kπ)²)⁻²: a Matérn-3/2 spectrum
 *     choice     1 where chosen, else 0
 *     products   number × number, choice × number, choice × choice, with smaller variances
 *
 * Together with a normal prior this is a Gaussian process with a finite basis: constant cost, however much was measured.
 */
import type { NumericParameter, ParameterSpace, ParameterValue, ParameterValues } from "@trimtab/conventions";

/** The coordinates of a parameter space. */
export interface FeatureMap {
  readonly size: number;
  /** Prior variance of each coordinate's weight, relative to the others. */
  readonly variances: readonly number[];
  /** The coordinates of a setting. */
  readonly vector: (parameters: ParameterValues) => Float64Array;
}

interface Feature {
  readonly variance: number;
  readonly value: (parameters: ParameterValues) => number;
}

/** Correlation length of the waves in units of a parameter's range. */
const LENGTH = 0.4;
const NUMBER_PAIR = 0.4;
const CHOICE_AND_NUMBER = 0.6;
const CHOICE_PAIR = 0.4;
/** Products beyond this many coordinates are left out: every decision costs the cube of the number. */
const MOST_FEATURES = 36;

/** The coordinates of a space; the same object for the same space. Vectors are shared and must not be written to. */
export function featureMapOf(space: ParameterSpace): FeatureMap {
  let map = MAPS.get(space);
  if (map === undefined) {
    map = buildFeatureMap(space);
    MAPS.set(space, map);
  }
  return map;
}

/** Maps are functions of their spaces, so remembering them changes nothing but the time they take. */
const MAPS = new WeakMap<ParameterSpace, FeatureMap>();
const MOST_VECTORS = 10_000;

function buildFeatureMap(space: ParameterSpace): FeatureMap {
  const names = Object.keys(space).sort();
  const numbers = names.filter((name) => "min" in (space[name] as object));
  const waves = new Map(
    numbers.map((name) => [name, wavesOf(name, space[name] as NumericParameter, numbers.length > 2 ? 3 : 4)]),
  );
  const indicators = new Map(names.filter((name) => !waves.has(name)).map((name) => [name, indicatorsOf(name, space)]));
  const features: Feature[] = [...[...waves.values()].flat(), ...[...indicators.values()].flat()];
  const addProducts = (
    left: readonly (Feature | undefined)[],
    right: readonly (Feature | undefined)[],
    factor: number,
  ): void => {
    const products = left
      .flatMap((one) => right.map((other) => productOf(one, other, factor)))
      .filter((each) => each !== undefined);
    if (features.length + products.length <= MOST_FEATURES) features.push(...products);
  };
  for (const choice of indicators.values())
    for (const wave of waves.values()) addProducts(choice, wave.slice(0, 2), CHOICE_AND_NUMBER);
  for (const [one, other] of pairsOf([...waves.values()])) {
    addProducts([one[0]], [other[0], other[1]], NUMBER_PAIR);
    addProducts([one[1]], [other[0]], NUMBER_PAIR);
  }
  for (const [one, other] of pairsOf([...indicators.values()])) addProducts(one, other, CHOICE_PAIR);
  const vectors = new Map<string, Float64Array>();
  const seen = new WeakMap<ParameterValues, Float64Array>();
  return {
    size: features.length,
    variances: features.map((feature) => feature.variance),
    vector(parameters) {
      const before = seen.get(parameters);
      if (before !== undefined) return before;
      const key = names.map((name) => parameters[name]).join("\n");
      let vector = vectors.get(key);
      if (vector === undefined) {
        vector = Float64Array.from(features, (feature) => feature.value(parameters));
        if (vectors.size >= MOST_VECTORS) vectors.clear();
        vectors.set(key, vector);
      }
      seen.set(parameters, vector);
      return vector;
    },
  };
}

function wavesOf(name: string, specification: NumericParameter, count: number): Feature[] {
  const spectrum = Array.from({ length: count }, (_, index) => (3 / LENGTH ** 2 + ((index + 1) * Math.PI) ** 2) ** -2);
  const total = spectrum.reduce((sum, each) => sum + each, 0);
  return spectrum.map((density, index) => ({
    variance: density / total,
    value: (parameters) => Math.SQRT2 * Math.cos((index + 1) * Math.PI * scaled(specification, parameters[name])),
  }));
}

function scaled({ min, max, scale }: NumericParameter, value: ParameterValue | undefined): number {
  const number = Number(value);
  return scale === "log" ? Math.log(number / min) / Math.log(max / min) : (number - min) / (max - min);
}

function indicatorsOf(name: string, space: ParameterSpace): Feature[] {
  const specification = space[name];
  const values: readonly ParameterValue[] = specification?.type === "choice" ? specification.choices : [false, true];
  return values.map((value) => ({ variance: 1, value: (parameters) => (parameters[name] === value ? 1 : 0) }));
}

function productOf(one: Feature | undefined, other: Feature | undefined, factor: number): Feature | undefined {
  if (one === undefined || other === undefined) return undefined;
  return {
    variance: factor * one.variance * other.variance,
    value: (parameters) => one.value(parameters) * other.value(parameters),
  };
}

function pairsOf<Item>(items: readonly Item[]): [Item, Item][] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other): [Item, Item] => [one, other]));
}
