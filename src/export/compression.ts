import { invalidOption, truthOf } from '../base/option-fields.ts';

/** How layers are compressed when they leave the store. */
export interface Compression {
  type: 'gzip' | 'zstd' | 'uncompressed';
  /** That of the compressor's own choice where absent. */
  level?: number | undefined;
  /** Whether layers that are compressed already are made so too. */
  force: boolean;
}

export const GZIP: Compression = { type: 'gzip', force: false };

/** The fields of an output or a cache that say it. */
export const compressionFields: readonly string[] = ['compression', 'compression-level', 'force-compression'];

const LEVELS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  gzip: [0, 9],
  zstd: [0, 22],
  uncompressed: [0, 0],
};

export function compressionFrom(option: string, text: string, fields: ReadonlyMap<string, string>): Compression {
  const type = fields.get('compression') ?? 'gzip';
  const levels = Object.hasOwn(LEVELS, type) ? LEVELS[type] : undefined;
  if (levels === undefined) {
    const hint = `use one of ${Object.keys(LEVELS).join(', ')}`;
    throw invalidOption(option, text, `unknown compression ${JSON.stringify(type)}`, hint);
  }
  const force = truthOf(option, text, 'force-compression', fields.get('force-compression')) ?? false;
  const level = fields.get('compression-level');
  if (level === undefined) return { type: type as Compression['type'], force };
  const [least, most] = levels;
  if (!/^\d{1,2}$/.test(level) || Number(level) < least || Number(level) > most) {
    throw invalidOption(
      option,
      text,
      `compression-level of ${type} is a number from ${least} to ${most}, not ${level}`,
    );
  }
  return { type: type as Compression['type'], force, level: Number(level) };
}
