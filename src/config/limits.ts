import { TsbuildError } from '../base/error.ts';
import { parseSize } from '../base/size.ts';
import { isObject, type UserConfig } from './user-config.ts';

/** How much compressed data may grow. What is beyond both is refused. */
export interface LimitSettings {
  /** In bytes. */
  unpacked: number;
  /** Times the size of what is compressed. */
  ratio: number;
}

const DEFAULTS: LimitSettings = { unpacked: 16 * 1024 ** 3, ratio: 64 };
const FIELDS = Object.keys(DEFAULTS);

/** The section `limits` of the user's settings. */
export function limitsOf({ path, sections }: UserConfig): LimitSettings {
  const section = sections.limits ?? {};
  if (!isObject(section)) throw invalid(path, 'limits', `a map of ${FIELDS.join(', ')}`);
  const unknown = Object.keys(section).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw invalid(path, `limits.${unknown}`, `one of ${FIELDS.join(', ')}`);
  const { unpacked, ratio } = section;
  return {
    unpacked: unpacked === undefined ? DEFAULTS.unpacked : sizeOf(path, unpacked),
    ratio: ratio === undefined ? DEFAULTS.ratio : ratioOf(path, ratio),
  };
}

function sizeOf(path: string, value: unknown): number {
  const bytes = parseSize(String(value)) ?? 0;
  if (bytes === 0) throw invalid(path, 'limits.unpacked', 'a size such as 16g');
  return bytes;
}

function ratioOf(path: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 1)) throw invalid(path, 'limits.ratio', 'a number from 1');
  return value;
}

function invalid(path: string, where: string, expected: string): TsbuildError {
  return new TsbuildError('INVALID', `${path}: ${where} is not ${expected}`);
}
