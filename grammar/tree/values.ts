import { csvFields } from '../../src/base/csv.ts';
import { MAX_RETRIES, MIN_DURATION } from '../build/healthcheck.ts';
import { NETWORK, SECURITY } from '../build/run.ts';
import { parseBoolean } from '../check.ts';
import { parseDuration } from '../duration.ts';

/** The values of the flags of one instruction, by name. */
export type FlagValues = Map<string, string[]>;

type Problem = string | undefined;

export function runProblem(values: FlagValues): Problem {
  return (
    first(values.get('device'), deviceProblem) ??
    first(values.get('mount'), mountProblem) ??
    first(values.get('network'), (mode) => oneOf('network', mode, NETWORK)) ??
    first(values.get('security'), (mode) => oneOf('security', mode, SECURITY))
  );
}

export function healthProblem(args: readonly string[], values: FlagValues): Problem {
  const [type = ''] = args;
  if (type.toUpperCase() !== 'CMD') return `unknown type ${JSON.stringify(type)} of HEALTHCHECK`;
  if (args.length < 2) return 'a command is missing after HEALTHCHECK CMD';
  for (const name of ['interval', 'timeout', 'start-period', 'start-interval']) {
    const problem = first(values.get(name), (value) => durationProblem(name, value));
    if (problem !== undefined) return problem;
  }
  return first(values.get('retries'), retriesProblem);
}

function first(values: readonly string[] | undefined, problemOf: (value: string) => Problem): Problem {
  for (const value of values ?? []) {
    const problem = problemOf(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function oneOf(flag: string, value: string, known: readonly string[]): Problem {
  return known.includes(value) ? undefined : `invalid value ${JSON.stringify(value)} of --${flag}`;
}

/** Of a mount only `from` is looked at before it is expanded. */
function mountProblem(text: string): Problem {
  const fields = csvFields(text);
  if (fields === undefined) return 'a quote in --mount has no end';
  if (fields.length === 0) return 'the flag --mount needs a value';
  const from = fields.find((field) => /^from=.*\$./is.test(field.text));
  return from === undefined ? undefined : 'variables are not expanded in the mount option "from"';
}

/** `NAME`, `name=NAME`, and `required[=BOOLEAN]`. */
function deviceProblem(text: string): Problem {
  const fields = csvFields(text);
  if (fields === undefined) return 'a quote in --device has no end';
  if (fields.length === 0) return 'the flag --device needs a value';
  let name = '';
  for (const { text: field } of fields) {
    const equals = field.indexOf('=');
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
    const value = equals === -1 ? undefined : field.slice(equals + 1);
    if (key === 'required') {
      if (value !== undefined && parseBoolean(value) === undefined) return `invalid value of required: ${value}`;
    } else if (key === 'name' && value !== undefined) {
      if (name !== '') return `the device has two names: ${name} and ${value}`;
      name = value;
    } else if (name === '') name = field;
    else return `unknown device option ${JSON.stringify(field)}`;
  }
  return undefined;
}

/** An empty value is the default, as 0 is. */
function durationProblem(name: string, value: string): Problem {
  if (value === '') return undefined;
  const nanoseconds = parseDuration(value);
  if (nanoseconds === undefined) return `invalid duration ${JSON.stringify(value)} of --${name}`;
  return nanoseconds !== 0 && nanoseconds < MIN_DURATION ? `--${name} cannot be less than 1ms` : undefined;
}

function retriesProblem(value: string): Problem {
  if (value === '') return undefined;
  const count = /^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
  return count >= 0 && count <= MAX_RETRIES ? undefined : `invalid value ${JSON.stringify(value)} of --retries`;
}
