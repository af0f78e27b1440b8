import type { IToken } from 'chevrotain';
import { didYouMean } from '../../src/base/suggest.ts';
import type { InstructionKind, Word } from '../ast.ts';
import { unquoteFlag } from '../scan.ts';
import { type BuildContext, rangeOf, syntaxError, tokenRange } from './context.ts';

type FlagType = 'boolean' | 'string' | 'list';

const FLAGS: Partial<Record<InstructionKind, Record<string, FlagType>>> = {
  FROM: { platform: 'string' },
  RUN: { mount: 'list', network: 'string', security: 'string', device: 'list' },
  COPY: {
    from: 'string',
    chown: 'string',
    chmod: 'string',
    link: 'boolean',
    parents: 'boolean',
    exclude: 'list',
  },
  ADD: {
    chown: 'string',
    chmod: 'string',
    link: 'boolean',
    checksum: 'string',
    'keep-git-dir': 'boolean',
    unpack: 'boolean',
    exclude: 'list',
  },
  HEALTHCHECK: {
    interval: 'string',
    timeout: 'string',
    'start-period': 'string',
    'start-interval': 'string',
    retries: 'string',
  },
};

/** The flags of an instruction, without dashes. */
export function flagNames(kind: InstructionKind): string[] {
  return Object.keys(FLAGS[kind] ?? {});
}

/** The flags of one instruction, checked against the table. Values have lost their quotes. */
export class FlagSet {
  readonly #values = new Map<string, Word[]>();

  add(name: string, value: Word): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  string(name: string): Word | undefined {
    return this.#values.get(name)?.[0];
  }

  list(name: string): Word[] {
    return this.#values.get(name) ?? [];
  }

  /** Undefined where the flag is absent. */
  boolean(name: string): boolean | undefined {
    const value = this.string(name);
    return value === undefined ? undefined : value.text !== 'false';
  }
}

/** Reads all flags of an instruction and complains about each that is unknown, repeated or has no fit value. */
export function readFlags(context: BuildContext, kind: InstructionKind, tokens: readonly IToken[]): FlagSet {
  const flags = new FlagSet();
  const check = new FlagCheck(kind);
  for (const token of tokens) {
    const flag = check.add(unquoteFlag(token.image, context.escape));
    if ('message' in flag)
      context.errors.push(syntaxError(context, flag.message, tokenRange(context, token), flag.hint));
    else flags.add(flag.name, flagValue(context, token, flag.value));
  }
  return flags;
}

/** Checks the flags of one instruction one after the other. */
export class FlagCheck {
  readonly #kind: InstructionKind;
  readonly #used = new Set<string>();

  constructor(kind: InstructionKind) {
    this.#kind = kind;
  }

  /** Splits `--name=value`; the value of a boolean is `true` or `false`. */
  add(text: string): { name: string; value: string } | Problem {
    const equals = text.indexOf('=');
    const name = text.slice(2, equals === -1 ? undefined : equals);
    const value = equals === -1 ? undefined : text.slice(equals + 1);
    const known = FLAGS[this.#kind] ?? {};
    const type = Object.hasOwn(known, name) ? known[name] : undefined;
    const problem =
      type === undefined ? unknownFlag(this.#kind, name) : wrongFlag(name, value, type, this.#used.has(name));
    this.#used.add(name);
    return problem ?? { name, value: type === 'boolean' ? (value ?? 'true').toLowerCase() : (value ?? '') };
  }
}

interface Problem {
  message: string;
  hint?: string | undefined;
}

function unknownFlag(kind: InstructionKind, name: string): Problem {
  const names = flagNames(kind);
  const message = `${kind} has no flag --${name}`;
  if (names.length === 0) {
    return { message: `${message}: it takes no flags`, hint: `write \`${kind} -- --${name}\` where it is no flag` };
  }
  const near = didYouMean(
    `--${name}`,
    names.map((flag) => `--${flag}`),
  );
  return { message, hint: near ?? `known flags are ${names.map((flag) => `--${flag}`).join(', ')}` };
}

function wrongFlag(name: string, value: string | undefined, type: FlagType, repeated: boolean): Problem | undefined {
  if (repeated && type !== 'list') return { message: `the flag --${name} is given twice` };
  if (type !== 'boolean') return value === undefined ? { message: `the flag --${name} needs a value` } : undefined;
  if (value === undefined || /^(true|false)$/i.test(value)) return undefined;
  const given = JSON.stringify(value);
  return {
    message: `the flag --${name} takes true or false, not ${given}`,
    hint: `write --${name} or --${name}=false`,
  };
}

/** The range is that of the value, where there is one. */
function flagValue(context: BuildContext, token: IToken, text: string): Word {
  const end = token.startOffset + token.image.length;
  const equals = token.image.indexOf('=');
  const start = equals === -1 ? token.startOffset : token.startOffset + equals + 1;
  return { text, range: rangeOf(context, start, end) };
}
