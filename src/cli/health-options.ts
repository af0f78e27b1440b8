import { parseDuration } from '../../grammar/duration.ts';
import { TsbuildError } from '../base/error.ts';
import type { Healthcheck } from '../oci/types.ts';

export interface HealthArguments {
  healthCmd?: string | undefined;
  healthInterval?: string | undefined;
  healthTimeout?: string | undefined;
  healthRetries?: string | undefined;
  healthStartPeriod?: string | undefined;
  healthStartInterval?: string | undefined;
  noHealthcheck?: boolean | undefined;
}

/** What the command line says of the health check; undefined where it says nothing. */
export function healthOf(argv: HealthArguments): Healthcheck | undefined {
  const { healthCmd, healthRetries, noHealthcheck } = argv;
  const check: Healthcheck = {
    ...(healthCmd !== undefined && { Test: ['CMD-SHELL', healthCmd] }),
    ...duration('Interval', 'health-interval', argv.healthInterval),
    ...duration('Timeout', 'health-timeout', argv.healthTimeout),
    ...duration('StartPeriod', 'health-start-period', argv.healthStartPeriod),
    ...duration('StartInterval', 'health-start-interval', argv.healthStartInterval),
    ...(healthRetries !== undefined && { Retries: retriesOf(healthRetries) }),
  };
  const says = Object.keys(check).length > 0;
  if (!noHealthcheck) return says ? check : undefined;
  if (says) throw new TsbuildError('USAGE', '--no-healthcheck excludes the other options of the health check');
  return { Test: ['NONE'] };
}

function duration(key: keyof Healthcheck, option: string, text: string | undefined): Healthcheck {
  return text === undefined ? {} : { [key]: nanoseconds(option, text) };
}

/** What docker asks of them at least. */
const MILLISECOND = 1e6;

function nanoseconds(option: string, text: string): number {
  const found = parseDuration(text);
  if (found !== undefined && found >= MILLISECOND) return found;
  throw new TsbuildError('USAGE', `--${option} ${text}: it is no time from 1ms on`, {
    hint: 'write e.g. 30s or 1m30s',
  });
}

function retriesOf(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new TsbuildError('USAGE', `--health-retries ${text}: it is no number`);
}
