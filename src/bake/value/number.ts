import { Refusal } from '../fail.ts';

/** The longest numerator or denominator, in bits: far above what a build needs, far below what takes long. */
const MAX_BITS = 16_384;
const MAX_EXPONENT = 4_000;
/** Digits of a number that has no end as a decimal: what the reference's 512 bits hold. */
const PERIODIC_DIGITS = 154;

/** An exact number: a reduced fraction with a positive denominator. */
export class Num {
  readonly numerator: bigint;
  readonly denominator: bigint;

  private constructor(numerator: bigint, denominator: bigint) {
    this.numerator = numerator;
    this.denominator = denominator;
  }

  static of(numerator: bigint | number, denominator: bigint = 1n): Num {
    let above = BigInt(numerator);
    let below = denominator;
    if (below < 0n) [above, below] = [-above, -below];
    const divisor = gcd(above < 0n ? -above : above, below);
    const number = new Num(above / divisor, below / divisor);
    if (bits(number.numerator) > MAX_BITS || bits(number.denominator) > MAX_BITS)
      throw new Refusal('the number is too large');
    return number;
  }

  /** Of a decimal such as `-1.5e3`; undefined where the text is none. */
  static parse(text: string): Num | undefined {
    const match =
      /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? /^([+-]?)()\.(\d+)(?:[eE]([+-]?\d+))?$/.exec(text);
    if (match === null) return undefined;
    const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
    const exponent = Number(exponentText) - fraction.length;
    if (Math.abs(exponent) > MAX_EXPONENT || whole.length > MAX_EXPONENT) throw new Refusal('the number is too large');
    const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
    return exponent >= 0 ? Num.of(digits * 10n ** BigInt(exponent)) : Num.of(digits, 10n ** BigInt(-exponent));
  }

  /** Of a result of floating point arithmetic. */
  static float(value: number): Num {
    if (!Number.isFinite(value)) throw new Refusal('the result is not a finite number');
    return Num.parse(String(value)) ?? Num.of(0);
  }

  get isWhole(): boolean {
    return this.denominator === 1n;
  }

  plus(other: Num): Num {
    const above = this.numerator * other.denominator + other.numerator * this.denominator;
    return Num.of(above, this.denominator * other.denominator);
  }

  minus(other: Num): Num {
    return this.plus(other.negated());
  }

  times(other: Num): Num {
    return Num.of(this.numerator * other.numerator, this.denominator * other.denominator);
  }

  over(other: Num): Num {
    if (other.numerator === 0n) throw new Refusal('division by zero');
    return Num.of(this.numerator * other.denominator, this.denominator * other.numerator);
  }

  /** What is left of a division whose quotient is cut towards zero: it has the sign of this number. */
  remainder(other: Num): Num {
    return this.minus(other.times(this.over(other).truncated()));
  }

  negated(): Num {
    return Num.of(-this.numerator, this.denominator);
  }

  truncated(): Num {
    return Num.of(this.numerator / this.denominator);
  }

  floor(): Num {
    const whole = this.truncated();
    return whole.compare(this) > 0 ? whole.minus(Num.of(1)) : whole;
  }

  compare(other: Num): number {
    const difference = this.numerator * other.denominator - other.numerator * this.denominator;
    return difference < 0n ? -1 : Number(difference > 0n);
  }

  toNumber(): number {
    return Number(this.toString());
  }

  /** As a whole number in JavaScript's safe range; anything else is refused. */
  toInteger(what: string): number {
    if (this.isWhole && Number.isSafeInteger(Number(this.numerator))) return Number(this.numerator);
    throw new Refusal(`${what} must be a whole number, not ${this}`);
  }

  /** The shortest decimal without an exponent; one that has no end is rounded. */
  toString(): string {
    const digits = decimals(this.denominator);
    const places = digits ?? PERIODIC_DIGITS;
    const scaled = this.numerator * 10n ** BigInt(places);
    const sign = scaled < 0n ? '-' : '';
    const text = rounded(scaled < 0n ? -scaled : scaled, this.denominator)
      .toString()
      .padStart(places + 1, '0');
    if (places === 0) return sign + text;
    return `${sign}${text.slice(0, -places)}.${text.slice(-places)}`.replace(/\.?0+$/, '');
  }
}

function rounded(above: bigint, below: bigint): bigint {
  return (2n * above + below) / (2n * below);
}

/** The places behind the point of `1/denominator`; undefined where they have no end. */
function decimals(denominator: bigint): number | undefined {
  let rest = denominator;
  let twos = 0;
  let fives = 0;
  for (; rest % 2n === 0n; rest /= 2n) twos++;
  for (; rest % 5n === 0n; rest /= 5n) fives++;
  return rest === 1n ? Math.max(twos, fives) : undefined;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}

function bits(value: bigint): number {
  return (value < 0n ? -value : value).toString(16).length * 4;
}
